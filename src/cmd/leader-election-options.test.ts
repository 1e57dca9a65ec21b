import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from './commands.ts'
import { leaderElectionOf } from './leader-election-options.ts'
import { parse } from './options.ts'

const server = commands.find(({ name }) => name === 'server') as (typeof commands)[number]
const of = (...args: string[]) => leaderElectionOf(parse(server, args))

test('without options servers elect with upstream’s times', () => {
  assert.deepEqual(of(), { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 })
})

test('times can be shorter, and election turned off', () => {
  const short = ['--leader-elect-lease-duration=3s', '--leader-elect-renew-deadline=2s']
  assert.deepEqual(of(...short, '--leader-elect-retry-period=500ms'), {
    leaseDurationMs: 3_000,
    renewDeadlineMs: 2_000,
    retryPeriodMs: 500,
  })
  assert.equal(of('--leader-elect=false'), undefined)
})

const refused: [args: string[], message: RegExp][] = [
  [['--leader-elect-lease-duration=10s'], /^leaseDuration must be greater than renewDeadline: /],
  [['--leader-elect-retry-period=9s'], /^renewDeadline must be greater than retryPeriod\*JitterFactor: /],
  [
    ['--leader-elect-lease-duration=15'],
    /^invalid argument "15" for "--leader-elect-lease-duration" flag: time: missing unit in duration "15"$/,
  ],
  [
    ['--leader-elect=maybe'],
    /^invalid argument "maybe" for "--leader-elect" flag: strconv.ParseBool: parsing "maybe": invalid syntax$/,
  ],
]
for (const [args, message] of refused) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(() => of(...args), { name: 'UsageError', exitCode: 2, message })
  })
}
