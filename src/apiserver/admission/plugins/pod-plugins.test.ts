import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound } from '../../../api/status-error.ts'
import type { Pod, PodSpec, ServiceAccount, Toleration } from '../../../api/types/core.v1.ts'
import type { RuntimeClass } from '../../../api/types/node.v1.ts'
import type { PriorityClass } from '../../../api/types/scheduling.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { priority } from './priority.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'

const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }

function pod(spec: Partial<PodSpec> = {}, annotations?: Record<string, string>): Pod {
  const metadata = { ...served, name: 'p', namespace: 'ns', ...(annotations && { annotations }) }
  return { metadata, spec: { containers: [{ name: 'c', image: 'i' }], ...spec }, status: {} }
}

/** The pod after the plugin, or the refusal. */
async function through(plugin: AdmissionPlugin, object: Pod): Promise<PodSpec | string> {
  const outcome = await admit(plugin, admissionRequest('CREATE', 'pods', { object }))
  return outcome === 'admitted' ? object.spec : outcome
}

const account = (name: string, rest: Partial<ServiceAccount> = {}): ServiceAccount => ({
  metadata: { ...served, name, namespace: 'ns' },
  ...rest,
})
const accounts = new FakeInformer(
  account('default'),
  account('puller', { imagePullSecrets: [{ name: 'reg' }] }),
  account('quiet', { automountServiceAccountToken: false }),
)
const missing = {
  serviceAccounts: {
    get: async ({ name }: { name: string }) => {
      throw notFound({ group: '', plural: 'serviceaccounts' }, name)
    },
  },
} as unknown as AdmissionDeps['client']
const byAccount = serviceAccount({ client: missing, serviceAccounts: accounts.lister, clock: new FakeClock() })
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

test('a pod gets the default account and its token in every container', async () => {
  const spec = (await through(byAccount, pod({ initContainers: [{ name: 'i' }] }))) as PodSpec
  const name = spec.volumes?.[0]?.name ?? ''
  assert.match(name, /^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  const mounts = [{ name, readOnly: true, mountPath: MOUNT }]
  assert.deepEqual(spec, {
    containers: [{ name: 'c', image: 'i', volumeMounts: mounts }],
    initContainers: [{ name: 'i', volumeMounts: mounts }],
    serviceAccountName: 'default',
    serviceAccount: 'default',
    volumes: [
      {
        name,
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
        },
      },
    ],
  })
})

test('what all pods get is one frozen object', async () => {
  const [one, other] = [pod(), pod()]
  for (const object of [one, other]) {
    await through(byAccount, object)
    await through(defaultTolerationSeconds, object)
  }
  const parts = ({ spec }: Pod) => [spec.volumes?.[0]?.projected, ...(spec.tolerations ?? [])]
  assert.equal(parts(one).length, 3)
  parts(one).forEach((part, index) => {
    assert.equal(part, parts(other)[index])
    assert.ok(Object.isFrozen(part))
  })
})

const mounted = { name: 'm', mountPath: MOUNT }
const mountCases: [what: string, spec: Partial<PodSpec>, volumes: number][] = [
  ['an account may say that its pods get no token', { serviceAccountName: 'quiet' }, 0],
  ['a pod overrules its account', { serviceAccountName: 'quiet', automountServiceAccountToken: true }, 1],
  ['a pod may want no token', { automountServiceAccountToken: false }, 0],
  ['a mount of the pod’s own stays', { containers: [{ name: 'c', volumeMounts: [mounted] }] }, 0],
  ['the old field names the account too', { serviceAccount: 'quiet' }, 0],
]
for (const [what, spec, volumes] of mountCases) {
  test(what, async () => assert.equal(((await through(byAccount, pod(spec))) as PodSpec).volumes?.length ?? 0, volumes))
}

test('pull secrets come from the account unless the pod has its own', async () => {
  const of = async (spec: Partial<PodSpec>) => ((await through(byAccount, pod(spec))) as PodSpec).imagePullSecrets
  assert.deepEqual(await of({ serviceAccountName: 'puller' }), [{ name: 'reg' }])
  assert.deepEqual(await of({ serviceAccountName: 'puller', imagePullSecrets: [{ name: 'mine' }] }), [{ name: 'mine' }])
})

test('a pod of an account that does not exist is refused', async () => {
  const want =
    '403 pods "p" is forbidden: error looking up service account ns/nosuch: serviceaccount "nosuch" not found'
  assert.equal(await through(byAccount, pod({ serviceAccountName: 'nosuch' })), want)
})

test('a default account that comes a moment later is waited for', async () => {
  const clock = new FakeClock()
  let asked = 0
  const client = {
    serviceAccounts: {
      get: async ({ name }: { name: string }) => {
        if (++asked < 3) throw notFound({ group: '', plural: 'serviceaccounts' }, name)
        return account('default')
      },
    },
  } as unknown as AdmissionDeps['client']
  const late = serviceAccount({ client, serviceAccounts: new FakeInformer<ServiceAccount>().lister, clock })
  const outcome = through(late, pod())
  await clock.advance(500)
  assert.equal(((await outcome) as PodSpec).serviceAccountName, 'default')
})

test('a mirror pod may not have an account', async () => {
  const mirror = pod({ serviceAccountName: 'default' }, { 'kubernetes.io/config.mirror': 'x' })
  assert.equal(
    await through(byAccount, mirror),
    '403 pods "p" is forbidden: a mirror pod may not reference service accounts',
  )
})

const priorityClass = (name: string, value: number, rest: Partial<PriorityClass> = {}): PriorityClass => ({
  metadata: { ...served, name },
  value,
  ...rest,
})
const classes = new FakeInformer(priorityClass('a', 1234, { preemptionPolicy: 'Never' }), priorityClass('b', -7))
const byPriority = priority({ priorityClasses: classes.lister })
const given = 'must not be provided in pod spec; priority admission controller computed'

const priorities: [spec: Partial<PodSpec>, want: object | string][] = [
  [{}, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }],
  [{ priorityClassName: 'a' }, { priority: 1234, preemptionPolicy: 'Never' }],
  [{ priorityClassName: 'b' }, { priority: -7, preemptionPolicy: 'PreemptLowerPriority' }],
  [
    { priorityClassName: 'a', priority: 1234 },
    { priority: 1234, preemptionPolicy: 'Never' },
  ],
  [
    { priorityClassName: 'a', priority: 5 },
    `403 pods "p" is forbidden: the integer value of priority (5) ${given} 1234 from the given PriorityClass name`,
  ],
  [
    { priorityClassName: 'a', preemptionPolicy: 'PreemptLowerPriority' },
    `403 pods "p" is forbidden: the string value of PreemptionPolicy (PreemptLowerPriority) ${given} Never from the given PriorityClass name`,
  ],
  [{ priorityClassName: 'nosuch' }, '403 pods "p" is forbidden: no PriorityClass with name nosuch was found'],
]
for (const [spec, want] of priorities) {
  test(`${JSON.stringify(spec)} is resolved to ${JSON.stringify(want)}`, async () => {
    const outcome = await through(byPriority, pod(spec))
    if (typeof outcome === 'string') assert.equal(outcome, want)
    else assert.deepEqual({ priority: outcome.priority, preemptionPolicy: outcome.preemptionPolicy }, want)
  })
}

test('a default class is named in pods that name none, and there is one only', async () => {
  const plugin = priority({ priorityClasses: new FakeInformer(priorityClass('d', 7, { globalDefault: true })).lister })
  const spec = (await through(plugin, pod())) as PodSpec
  assert.deepEqual([spec.priorityClassName, spec.priority], ['d', 7])
  const second = admissionRequest('CREATE', 'priorityclasses.scheduling.k8s.io', {
    object: priorityClass('e', 1, { globalDefault: true }),
  })
  const want =
    '403 priorityclasses.scheduling.k8s.io "e" is forbidden: PriorityClass d is already marked as default. Only one default can exist'
  assert.equal(await admit(plugin, second), want)
})

const wait = (key: string): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const tolerations: [given: Toleration[], added: Toleration[]][] = [
  [[], [wait(notReady), wait(unreachable)]],
  [[{ ...wait(notReady), tolerationSeconds: 5 }], [wait(unreachable)]],
  [[{ operator: 'Exists' }], []],
  [[{ key: unreachable, operator: 'Exists' }], [wait(notReady)]],
  [[{ key: notReady, operator: 'Exists', effect: 'NoSchedule' }], [wait(notReady), wait(unreachable)]],
]
for (const [own, added] of tolerations) {
  test(`to ${JSON.stringify(own)} are added ${added.map(({ key }) => key)}`, async () => {
    const spec = (await through(defaultTolerationSeconds, pod({ tolerations: own }))) as PodSpec
    assert.deepEqual(spec.tolerations, [...own, ...added])
  })
}

const toleration: Toleration = { key: 'rt', operator: 'Exists', effect: 'NoSchedule' }
const rc: RuntimeClass = {
  metadata: { ...served, name: 'rc' },
  handler: 'h',
  overhead: { podFixed: { cpu: '100m' } },
  scheduling: { nodeSelector: { rt: 'x' }, tolerations: [toleration] },
}
const byRuntime = runtimeClass({ runtimeClasses: new FakeInformer(rc).lister })
const runtimes: [spec: Partial<PodSpec>, want: object | string][] = [
  [
    { runtimeClassName: 'rc', nodeSelector: { own: 'y' } },
    { nodeSelector: { own: 'y', rt: 'x' }, tolerations: [toleration], overhead: { cpu: '100m' } },
  ],
  [
    { runtimeClassName: 'rc', overhead: { cpu: '0.1' } },
    { nodeSelector: { rt: 'x' }, tolerations: [toleration], overhead: { cpu: '0.1' } },
  ],
  [
    { runtimeClassName: 'rc', nodeSelector: { rt: 'other' } },
    'conflict: runtimeClass.scheduling.nodeSelector[rt] = x; pod.spec.nodeSelector[rt] = other',
  ],
  [
    { runtimeClassName: 'rc', overhead: { cpu: '1' } },
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  [{ runtimeClassName: 'nosuch' }, 'pod rejected: RuntimeClass "nosuch" not found'],
  [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
]
for (const [spec, want] of runtimes) {
  test(`under a runtime class, ${JSON.stringify(spec)} becomes ${JSON.stringify(want)}`, async () => {
    const outcome = await through(byRuntime, pod(spec))
    if (typeof outcome === 'string') assert.equal(outcome, `403 pods "p" is forbidden: ${want}`)
    else
      assert.deepEqual(
        { nodeSelector: outcome.nodeSelector, tolerations: outcome.tolerations, overhead: outcome.overhead },
        want,
      )
  })
}
