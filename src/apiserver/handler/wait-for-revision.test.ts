import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reason, StatusError } from '../../api/status-error.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import { waitForRevision } from './wait-for-revision.ts'

const NEVER = new AbortController().signal

/** A cache that stays at revision 7. */
const behind = {
  cache: {
    revision: () => 7,
    waitUntil: () => Promise.reject(new StatusError({ code: 504, reason: Reason.Timeout, message: 'too late' })),
  },
} as unknown as ResourceStorage

for (const [asked, said] of [
  ['8', '8'],
  ['0009', '9'],
  ['9223372036854775807', '9223372036854775807'], // more than a number can hold
] as const) {
  test(`a read of the revision ${asked}, which does not come, is told so to the last digit`, async () => {
    const read = waitForRevision(behind, Number(asked), NEVER, asked)
    await assert.rejects(read, { code: 504, message: `Timeout: Too large resource version: ${said}, current: 7` })
  })
}
