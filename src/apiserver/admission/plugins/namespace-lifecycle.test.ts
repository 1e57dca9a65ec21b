import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound, StatusError } from '../../../api/status-error.ts'
import type { Namespace } from '../../../api/types/core.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import type { AdmissionDeps } from '../deps.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'

const namespace = (name: string, phase: 'Active' | 'Terminating' = 'Active'): Namespace => ({
  metadata: { name, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
  status: { phase },
})

/** `shown`: what the lister has; `live`: what the API would answer. */
function plugin(shown: Namespace[], live: Namespace[] = shown, clock = new FakeClock()) {
  const get = async ({ name }: { name: string }) => {
    const found = live.find(({ metadata }) => metadata.name === name)
    if (!found) throw notFound({ group: '', plural: 'namespaces' }, name)
    return found
  }
  const client = { namespaces: { get } } as unknown as AdmissionDeps['client']
  return namespaceLifecycle({ client, namespaces: new FakeInformer(...shown).lister, clock })
}

const create = (resource = 'configmaps') =>
  admissionRequest('CREATE', resource, { object: { metadata: { name: 'c', namespace: 'a' } } })
const removal = (name: string, dryRun = false) =>
  admissionRequest('DELETE', 'namespaces', { old: namespace(name), dryRun })

const cases: [what: string, outcome: Promise<string>, want: string][] = [
  ['in an active namespace', admit(plugin([namespace('a')]), create()), 'admitted'],
  ['in one that the lister does not show yet', admit(plugin([], [namespace('a')]), create()), 'admitted'],
  ['in none', admit(plugin([]), create()), '404 namespaces "a" not found'],
  [
    'in one that is going',
    admit(plugin([namespace('a', 'Terminating')]), create('deployments.apps')),
    '403 deployments.apps "c" is forbidden: unable to create new content in namespace a because it is being terminated',
  ],
  ['of an access review', admit(plugin([]), create('localsubjectaccessreviews.authorization.k8s.io')), 'admitted'],
]
for (const [what, outcome, want] of cases)
  test(`creation ${what}: ${want}`, async () => assert.equal(await outcome, want))

for (const name of ['default', 'kube-system', 'kube-public']) {
  test(`${name} stays`, async () => {
    const want = `403 namespaces "${name}" is forbidden: this namespace may not be deleted`
    assert.equal(await admit(plugin([]), removal(name)), want)
  })
}

test('other namespaces may go', async () =>
  assert.equal(await admit(plugin([]), removal('kube-node-lease')), 'admitted'))

test('a refusal in a namespace that is going carries its cause', async () => {
  const going = plugin([namespace('a', 'Terminating')])
  await assert.rejects(
    async () => going.mutate?.(create()),
    (error) => {
      assert.ok(error instanceof StatusError)
      const cause = {
        reason: 'NamespaceTerminating',
        message: 'namespace a is being terminated',
        field: 'metadata.namespace',
      }
      assert.deepEqual(error.details, { name: 'c', kind: 'configmaps', causes: [cause] })
      return true
    },
  )
})

test('after a deletion the lister is not believed for half a minute', async () => {
  const clock = new FakeClock()
  const stale = plugin([namespace('a')], [namespace('a', 'Terminating')], clock)
  assert.equal(await admit(stale, removal('a', true)), 'admitted')
  assert.equal(await admit(stale, create()), 'admitted', 'a dry run deletes nothing')
  await admit(stale, removal('a'))
  assert.match(await admit(stale, create()), /being terminated/)
  await clock.advance(31_000)
  assert.equal(await admit(stale, create()), 'admitted')
})
