/** Protobuf beside JSON, for a pod of 10 KB, in microseconds an object: `tools/run bench/protobuf.ts`. */
import { decodeJson } from '../src/api/codec/json.ts'
import { normalise } from '../src/api/codec/normalise.ts'
import { decodeMessage, encodeMessage } from '../src/api/codec/protobuf.ts'
import { largePod } from '../src/testing/large-pod.ts'

const POD = 'io.k8s.api.core.v1.Pod'
const strict = { strict: 'Strict' } as const
const { object } = normalise<object>(POD, largePod(), strict)
const json = Buffer.from(JSON.stringify(object))
const message = encodeMessage(POD, object)
const WARM_UP = 3000
const MEASURE_MS = 1000

function microseconds(work: () => void): number {
  for (let index = 0; index < WARM_UP; index++) work()
  const start = performance.now()
  let done = 0
  while (performance.now() - start < MEASURE_MS) {
    for (let index = 0; index < 50; index++) work()
    done += 50
  }
  return Number((((performance.now() - start) * 1000) / done).toFixed(1))
}

const result = {
  jsonBytes: json.length,
  protobufBytes: message.length,
  jsonDecodeAndNormalise: microseconds(() => normalise(POD, decodeJson(json).value, strict)),
  protobufDecode: microseconds(() => decodeMessage(POD, message)),
  jsonEncode: microseconds(() => JSON.stringify(object)),
  protobufEncode: microseconds(() => encodeMessage(POD, object)),
}
console.log(JSON.stringify(result))
