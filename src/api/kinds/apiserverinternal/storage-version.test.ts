import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageVersion } from '../../types/apiserverinternal.v1alpha1.ts'
import { storageVersions } from './storage-version.ts'

const server = (encodingVersion: string, apiServerID = 'a', decodableVersions = [encodingVersion]) => ({
  apiServerID,
  encodingVersion,
  decodableVersions,
})

function faults(status: object): string[] {
  const errors = storageVersions.rules.validate?.({ metadata: { name: 'v' }, spec: {}, status } as StorageVersion) ?? []
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

const NO_AGREEMENT =
  'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'

const CASES: readonly [what: string, status: object, want: readonly string[]][] = [
  ['no server', {}, []],
  ['servers that agree', { storageVersions: [server('v1'), server('v1', 'b')], commonEncodingVersion: 'v1' }, []],
  [
    'servers that do not agree',
    { storageVersions: [server('v1'), server('v2', 'b')], commonEncodingVersion: 'v1' },
    [`status.agreedEncodingVersion: Invalid value: "v1": ${NO_AGREEMENT}`],
  ],
  [
    'an agreement that nothing says',
    { storageVersions: [server('v1')] },
    ['status.agreedEncodingVersion: Invalid value: null: the agreed version is v1'],
  ],
  [
    'another agreement than is said',
    { storageVersions: [server('v1')], commonEncodingVersion: 'v2' },
    ['status.agreedEncodingVersion: Invalid value: "v2": the actual agreed version is v1'],
  ],
  [
    'a server without a name, and one that cannot read what it writes',
    { storageVersions: [server('v1', ''), server('v1', 'b', ['v2'])], commonEncodingVersion: 'v1' },
    [
      'status.serverStorageVersions[0].apiServerID: Invalid value: "": apiServerID cannot be empty',
      'status.serverStorageVersions[1].decodableVersions: Invalid value: ["v2"]: decodableVersions must include encodingVersion v1',
    ],
  ],
]

for (const [what, status, want] of CASES) {
  test(`a storage version with ${what} has ${want.length} faults`, () => assert.deepEqual(faults(status), want))
}
