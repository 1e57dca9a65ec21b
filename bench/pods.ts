/**
 * Pods against any cluster with a node: from create to Ready, one at a time and in a burst, as a watching client sees it.
 *
 *     tools/run bench/pods.ts --kubeconfig FILE [--image NAME] [--rounds 10] [--burst 30]
 *
 * The image has to be on the node already and have `sleep`.
 */

import { Client } from '../src/client/clientset.ts'
import { HttpsTransport } from '../src/client/https-transport.ts'
import { loadKubeconfig } from '../src/client/kubeconfig.ts'
import { flags } from '../tools/flags.ts'

const values = flags({
  command: 'tools/run bench/pods.ts',
  does: 'Pods from create to Ready, one at a time and in a burst. Needs a node that has the image.',
  options: {
    kubeconfig: { type: 'string', default: process.env.KUBECONFIG ?? '' },
    image: { type: 'string', default: 'navarch.io/busybox:1' },
    rounds: { type: 'string', default: '10' },
    burst: { type: 'string', default: '30' },
  },
  required: ['kubeconfig'],
})

using transport = new HttpsTransport(await loadKubeconfig(values.kubeconfig))
const client = new Client(transport)
const stop = new AbortController()
const ready = new Map<string, () => void>()
const gone = new Map<string, () => void>()
const LABEL = 'navarch.io/bench=pods'

async function follow(): Promise<void> {
  while (!stop.signal.aborted) {
    for await (const { type, object } of client.pods.watch(
      { namespace: 'default', labelSelector: LABEL },
      stop.signal,
    )) {
      const isReady = object.status.conditions?.some(
        (condition) => condition.type === 'Ready' && condition.status === 'True',
      )
      if (type === 'DELETED') gone.get(object.metadata.name)?.()
      else if (isReady) ready.get(object.metadata.name)?.()
    }
  }
}

async function run(name: string): Promise<number> {
  const done = Promise.withResolvers<void>()
  ready.set(name, done.resolve)
  const started = performance.now()
  const containers = [{ name: 'c', image: values.image, command: ['sleep', '3600'], imagePullPolicy: 'Never' as const }]
  const [key = '', value = ''] = LABEL.split('=')
  await client.pods.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { [key]: value } },
    spec: { containers, terminationGracePeriodSeconds: 0 },
  })
  await done.promise
  return performance.now() - started
}

async function remove(name: string): Promise<void> {
  const done = Promise.withResolvers<void>()
  gone.set(name, done.resolve)
  await client.pods.delete({ namespace: 'default', name }, { gracePeriodSeconds: 0 })
  await done.promise
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number
const ms = (value: number): string => `${value.toFixed(0)} ms`

const following = follow()
const single: number[] = []
for (let round = 0; round < Number(values.rounds); round++) {
  single.push(await run(`bench-${round}`))
  await remove(`bench-${round}`)
}
console.log(
  `create → Ready, one at a time: median ${ms(median(single))}, worst ${ms(Math.max(...single))} of ${single.length}`,
)

const names = Array.from({ length: Number(values.burst) }, (_, index) => `burst-${index}`)
const started = performance.now()
await Promise.all(names.map(run))
console.log(`burst of ${names.length}: all Ready after ${ms(performance.now() - started)}`)
const removed = performance.now()
await Promise.all(names.map(remove))
console.log(`burst of ${names.length}: all deleted after ${ms(performance.now() - removed)}`)
stop.abort()
await following
