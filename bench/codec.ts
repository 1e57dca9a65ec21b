/** Objects a second that are decoded, normalised and encoded on one core: `tools/run bench/codec.ts`. */
import { decodeJson, encodeJson } from '../src/api/codec/json.ts'
import { normalise } from '../src/api/codec/normalise.ts'

const meta = { name: 'a', namespace: 'b', labels: { app: 'x', tier: 'y' } }
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { payload: 'x'.repeat(900) } }
const container = {
  name: 'c',
  image: 'nginx:1.27',
  ports: [{ containerPort: 80 }],
  env: [
    { name: 'A', value: '1' },
    { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ],
  resources: { limits: { cpu: '1000m', memory: '128Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
  livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 10 },
}
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta,
  spec: {
    containers: [container, { ...container, name: 'd' }],
    volumes: [{ name: 'v', configMap: { name: 'x', defaultMode: 420 } }],
    restartPolicy: 'Always',
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
  },
}

const WARM_UP = 5000
const MEASURE_MS = 1000

function perSecond(work: () => void): number {
  for (let index = 0; index < WARM_UP; index++) work()
  const start = performance.now()
  let done = 0
  while (performance.now() - start < MEASURE_MS) {
    for (let index = 0; index < 100; index++) work()
    done += 100
  }
  return Math.round((done * 1000) / (performance.now() - start))
}

const strict = { strict: 'Strict' } as const

for (const object of [configMap, pod]) {
  const type = `io.k8s.api.core.v1.${object.kind}`
  const bytes = encodeJson(object)
  const result = {
    object: `${object.kind}, ${bytes.length} bytes`,
    parse: perSecond(() => JSON.parse(Buffer.from(bytes).toString())),
    decode: perSecond(() => decodeJson(bytes)),
    decodeAndNormalise: perSecond(() => normalise(type, decodeJson(bytes).value, strict)),
    encode: perSecond(() => encodeJson(object)),
  }
  console.log(JSON.stringify(result))
}
