import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { FencedOff, OutcomeUnknown, StoreUnavailable } from '../../store/store.ts'
import { failureOf } from './failure.ts'

const failures: [error: Error, code: number, reason: string, retryAfterSeconds: number | undefined][] = [
  [new StoreUnavailable('etcd cannot be reached'), 503, 'ServiceUnavailable', 1],
  [new FencedOff('/terms/a'), 503, 'ServiceUnavailable', 1],
  [new OutcomeUnknown('the connection broke'), 504, 'Timeout', undefined],
]
for (const [error, code, reason, seconds] of failures) {
  const again = seconds === undefined ? 'is not to be sent again blindly' : `may be sent again after ${seconds} s`
  test(`a request that failed with ${error.name} is answered ${code} and ${again}`, () => {
    const status = failureOf(error, silentLogger)
    assert.deepEqual([status.code, status.reason, status.details?.retryAfterSeconds], [code, reason, seconds])
    assert.ok(status.message.includes(error.message))
  })
}
