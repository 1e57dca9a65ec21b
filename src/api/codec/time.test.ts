import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalMicroTime, canonicalTime } from './time.ts'

test('each day of a year is a day, and no other is', () => {
  for (const year of [2024, 2026]) {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T23:59:59`
        if (day >= 1 && day <= last) {
          assert.equal(canonicalTime(`${text}Z`), `${text}Z`)
          assert.equal(canonicalMicroTime(`${text}.000001Z`), `${text}.000001Z`)
        } else assert.throws(() => canonicalTime(`${text}Z`), /day out of range/)
      }
    }
  }
})

test('other zones and fractions become whole seconds of UTC', () => {
  assert.equal(canonicalTime('2026-01-31T23:30:00.9-01:00'), '2026-02-01T00:30:00Z')
})
