import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery.v1.ts'
import { planSlices } from './slice-plan.ts'

const ports = [{ name: 'http', protocol: 'TCP' as const, port: 80 }]
const labels = { 'kubernetes.io/service-name': 's' }
const endpoint = (n: number, ready = true): Endpoint => ({ addresses: [`10.0.0.${n}`], conditions: { ready } })
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => endpoint(from + index))
const slice = (name: string, endpoints: Endpoint[], own = ports) =>
  ({ metadata: { name, labels }, addressType: 'IPv4', ports: own, endpoints }) as unknown as EndpointSlice

const cases = [
  { title: 'nothing wanted, nothing there: an empty slice', want: [], have: [], plan: { create: [0] } },
  { title: 'nothing wanted, an empty slice there', want: [], have: [slice('a', [], [])], plan: {} },
  {
    title: 'the last endpoint goes: its slice becomes the empty one',
    want: [],
    have: [slice('a', range(1, 1))],
    plan: { update: ['a:0'] },
  },
  { title: 'all fit', want: range(1, 3), have: [], plan: { create: [3] } },
  { title: 'more than fit in one', want: range(1, 7), have: [], plan: { create: [3, 3, 1] } },
  { title: 'nothing changed', want: range(1, 3), have: [slice('a', range(1, 3))], plan: {} },
  {
    title: 'a new one goes into the slice with room',
    want: range(1, 5),
    have: [slice('a', range(1, 3)), slice('b', range(4, 4))],
    plan: { update: ['b:2'] },
  },
  {
    title: 'one state changed',
    want: [endpoint(1, false)],
    have: [slice('a', range(1, 1))],
    plan: { update: ['a:1'] },
  },
  {
    title: 'a slice written anyway is filled up',
    want: range(2, 5),
    have: [slice('a', range(1, 3)), slice('b', range(4, 4))],
    plan: { update: ['a:3'] },
  },
  {
    title: 'ports changed: the slice is written over',
    want: range(1, 1),
    have: [slice('a', range(1, 1), [{ ...ports[0]!, port: 81 }])],
    plan: { update: ['a:1'] },
  },
  {
    title: 'an empty slice is not kept beside full ones',
    want: range(4, 6),
    have: [slice('a', range(1, 2)), slice('b', range(4, 6))],
    plan: { remove: ['a'] },
  },
]

for (const { title, want, have, plan } of cases) {
  test(`slices of at most 3: ${title}`, () => {
    const groups = want.length > 0 ? [{ ports, endpoints: want }] : []
    const { create, update, remove } = planSlices(groups, have, { labels }, 3)
    const got = {
      create: create.map(({ endpoints }) => endpoints.length),
      update: update.map((change) => `${change.slice.metadata.name}:${change.endpoints.length}`),
      remove: remove.map(({ metadata }) => metadata.name),
    }
    assert.deepEqual(got, { create: [], update: [], remove: [], ...plan })
  })
}
