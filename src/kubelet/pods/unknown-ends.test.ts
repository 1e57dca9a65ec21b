import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerState, ContainerStatus } from '../../api/types/core.v1.ts'
import { withUnknownEnds } from './unknown-ends.ts'

const status = (name: string, state: ContainerState, lastState: ContainerState = {}): ContainerStatus => ({
  name,
  state,
  lastState,
  ready: false,
  image: 'app:1',
  imageID: '',
  restartCount: 0,
})

const waiting = { waiting: { reason: 'PodInitializing' } }
const done = { terminated: { exitCode: 0 } }
const failed = { terminated: { exitCode: 3 } }
const running = { running: {} }

const verdict = ({ state }: ContainerStatus): string =>
  state?.waiting ? 'waiting' : `${state?.terminated?.reason ?? 'known'} ${state?.terminated?.exitCode}`

const unknown = 'ContainerStatusUnknown 137'

const cases: readonly {
  readonly when: string
  readonly init?: readonly ContainerState[]
  readonly ordinary: readonly ContainerState[]
  readonly want: readonly string[]
}[] = [
  { when: 'one never ran', ordinary: [done, waiting], want: ['known 0', unknown] },
  { when: 'one was last seen running', ordinary: [running], want: [unknown] },
  {
    when: 'an init container failed, those after it keep waiting',
    init: [failed, waiting],
    ordinary: [waiting],
    want: ['known 3', 'waiting', 'waiting'],
  },
  {
    when: 'nothing ran, the first init container counts as begun',
    init: [waiting, waiting],
    ordinary: [waiting],
    want: [unknown, 'waiting', 'waiting'],
  },
  { when: 'all init containers were done', init: [done], ordinary: [waiting], want: ['known 0', unknown] },
]

for (const { when, init = [], ordinary, want } of cases) {
  test(`of a stopped pod of which ${when}, every container that began has an end`, () => {
    const named = (kind: string) => (state: ContainerState, place: number) => status(`${kind}${place}`, state)
    const final = withUnknownEnds({ init: init.map(named('i')), ordinary: ordinary.map(named('c')) })
    assert.deepEqual([...final.init, ...final.ordinary].map(verdict), want)
  })
}
