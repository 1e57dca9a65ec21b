import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { ProbeOutcome } from './probe-result.ts'
import { ProbeTimer } from './probe-timer.ts'

const outcome = (verdict: ProbeOutcome['verdict']): ProbeOutcome => ({ verdict, output: '' })

/** Runs a timer over a script of outcomes; afterwards the last one repeats. */
function timed(probe: ConstructorParameters<typeof ProbeTimer>[0], script: readonly ProbeOutcome['verdict'][]) {
  const clock = new FakeClock()
  const settled: string[] = []
  const runs: number[] = []
  const started = clock.now()
  const timer = new ProbeTimer(probe, {
    clock,
    log: silentLogger,
    firstAfterMs: (probe.initialDelaySeconds ?? 0) * 1000,
    run: async () => {
      runs.push((clock.now() - started) / 1000)
      return outcome(script[Math.min(runs.length, script.length) - 1] ?? 'success')
    },
    report: () => undefined,
    settle: (verdict) => settled.push(verdict),
  })
  timer.start()
  return { clock, timer, settled, runs }
}

test('a probe runs after its delay and then once a period', async () => {
  const { clock, timer, runs } = timed({ initialDelaySeconds: 5, periodSeconds: 10 }, ['success'])
  await clock.advance(30_000)
  timer.stop()
  assert.deepEqual(runs, [5, 15, 25])
})

test('failures count only in a row', async () => {
  const script = ['failure', 'failure', 'success', 'failure', 'failure', 'failure'] as const
  const { clock, timer, settled } = timed({ periodSeconds: 1, failureThreshold: 3 }, script)
  await clock.advance(5500)
  timer.stop()
  assert.deepEqual(settled, ['success', 'failure'])
})

test('a probe that cannot be made is tried three times and changes nothing', async () => {
  const { clock, timer, settled, runs } = timed({ periodSeconds: 1 }, ['error'])
  await clock.advance(500)
  timer.stop()
  assert.deepEqual([runs.length, settled], [3, []])
})

test('a stopped probe leaves no timer', async () => {
  const { clock, timer } = timed({ periodSeconds: 1 }, ['success'])
  await clock.advance(3500)
  timer.stop()
  assert.equal(clock.pending, 0)
})
