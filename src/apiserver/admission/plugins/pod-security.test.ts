import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ApiObject } from '../../../api/resource.ts'
import type { Namespace, Pod } from '../../../api/types/core.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { podSecurity } from './pod-security.ts'

interface Step {
  readonly do?: string
  readonly body?: ApiObject & { kind: string }
  readonly expect?: { status: number; body?: { message?: string }; headers?: { warning?: string[] } }
}

/** The recordings are the table: each creation of a pod or workload, and what a real server said to it. */
for (const name of ['baseline', 'restricted']) {
  const file = new URL(`../../../../test/golden/scenarios/admission-podsecurity-${name}.json`, import.meta.url)
  const steps = (JSON.parse(readFileSync(file, 'utf8')) as { steps: Step[] }).steps
  const namespaces = new FakeInformer<Namespace>()
  for (const { do: action = '', body, expect } of steps) {
    if (!action.startsWith('POST') || !body || !expect) continue
    if (body.kind === 'Namespace') {
      namespaces.put({ ...body, spec: {}, status: {} } as unknown as Namespace)
      continue
    }
    const [, namespace = ''] = /namespaces\/([^/]+)\//.exec(action) ?? []
    const [, group = '', plural = ''] = /(?:apis\/([^/]+)\/v1|api\/v1)\/namespaces\/[^/]+\/([^/?]+)/.exec(action) ?? []
    test(`${name}: ${body.kind} ${body.metadata.name} is answered as recorded`, async () => {
      const warnings: string[] = []
      const resource = group === '' ? plural : `${plural}.${group}`
      const request = {
        ...admissionRequest('CREATE', resource, { object: body, namespace }),
        warn: (text: string) => warnings.push(text),
      }
      const outcome = await admit(
        podSecurity({ namespaces: namespaces.lister, pods: new FakeInformer<Pod>().lister }),
        request,
      )
      assert.equal(outcome, expect.status === 403 ? `403 ${expect.body?.message}` : 'admitted')
      for (const warning of expect.headers?.warning ?? []) assert.ok(warnings.includes(warning), warnings.join('\n'))
    })
  }
}

const wrong: [labels: Record<string, string>, text: string][] = [
  [
    { 'pod-security.kubernetes.io/enforce': 'odd' },
    'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "odd": must be one of privileged, baseline, restricted',
  ],
  [
    { 'pod-security.kubernetes.io/enforce-version': 'v1.x' },
    'metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "v1.x": must be "latest" or "v1.x"',
  ],
]
for (const [labels, text] of wrong) {
  test(text, async () => {
    const object = { metadata: { name: 'n', labels } }
    const outcome = await admit(
      podSecurity({ namespaces: new FakeInformer<Namespace>().lister, pods: new FakeInformer<Pod>().lister }),
      admissionRequest('UPDATE', 'namespaces', { object, old: object }),
    )
    assert.equal(outcome, `422 Namespace "n" is invalid: ${text}`)
  })
}

test('raising the level names the pods that would not be let in any more', async () => {
  const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '', namespace: 'n' }
  const pod = (name: string, hostNetwork = false): Pod => ({
    metadata: { ...served, name },
    spec: { containers: [], ...(hostNetwork && { hostNetwork }) },
    status: {},
  })
  const pods = new FakeInformer(pod('b', true), pod('a', true), pod('good')).lister
  const warnings: string[] = []
  const object = { metadata: { name: 'n', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } }
  const request = admissionRequest('UPDATE', 'namespaces', { object, old: { metadata: { name: 'n' } } })
  const plugin = podSecurity({ namespaces: new FakeInformer<Namespace>().lister, pods })
  assert.equal(await admit(plugin, { ...request, warn: (text) => warnings.push(text) }), 'admitted')
  assert.deepEqual(warnings, [
    'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
  ])
})
