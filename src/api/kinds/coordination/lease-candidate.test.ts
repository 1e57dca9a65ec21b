import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LeaseCandidate } from '../../types/coordination.v1beta1.ts'
import { leaseCandidates } from './lease-candidate.ts'
import { compareSemanticVersions, isSemanticVersion } from './semantic-version.ts'

const good = {
  leaseName: 'l',
  binaryVersion: '1.36.0',
  emulationVersion: '1.35.0',
  strategy: 'OldestEmulationVersion',
}
const NOT_A_VERSION = 'must be a valid semantic version'

const faults = (spec: object): string[] =>
  (leaseCandidates.rules.validate?.({ metadata: { name: 'c' }, spec } as LeaseCandidate) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  )

const CASES: readonly [what: string, spec: object, want: readonly string[]][] = [
  ['all that it needs', good, []],
  ['a strategy of somebody else', { ...good, strategy: 'example.com/mine', emulationVersion: undefined }, []],
  [
    'nothing',
    {},
    ['spec.leaseName: Required value', 'spec.binaryVersion: Required value', 'spec.strategy: Required value'],
  ],
  [
    'versions that are none',
    { ...good, binaryVersion: '1.36', emulationVersion: 'v1.35.0' },
    [
      `spec.emulationVersion: Invalid value: "v1.35.0": ${NOT_A_VERSION}`,
      `spec.binaryVersion: Invalid value: "1.36": ${NOT_A_VERSION}`,
      "spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'",
    ],
  ],
  [
    'a binary older than what it emulates',
    { ...good, emulationVersion: '1.37.0' },
    ['spec.binaryVersion: Invalid value: "1.36.0": must be greater than or equal to `emulationVersion`'],
  ],
  [
    'a strategy that nobody knows',
    { ...good, strategy: 'Newest' },
    ['spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"'],
  ],
]

for (const [what, spec, want] of CASES) {
  test(`a candidate with ${what} has ${want.length} faults`, () => assert.deepEqual(faults(spec), want))
}

test('a candidate stays with its lease', () => {
  const candidate = (leaseName: string) => ({ metadata: { name: 'c' }, spec: { ...good, leaseName } }) as LeaseCandidate
  const errors = leaseCandidates.rules.validateUpdate?.(candidate('m'), { old: candidate('l'), subresource: '' })
  assert.deepEqual(
    errors?.map(({ field }) => field),
    ['spec.leaseName'],
  )
})

test('semantic versions come in their order', () => {
  const ordered = [
    '0.9.0',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.b',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0',
    '1.10.0',
  ]
  assert.deepEqual(ordered.toReversed().sort(compareSemanticVersions), ordered)
  assert.equal(compareSemanticVersions('1.0.0+a', '1.0.0+b'), 0)
  assert.deepEqual(['1.2', '01.2.3', '1.2.3-', '1.2.3-01', 'v1.2.3'].filter(isSemanticVersion), [])
})
