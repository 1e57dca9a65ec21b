import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ServerStorageVersion, StorageVersion } from '../../types/apiserverinternal.v1alpha1.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'

const STATUS = FieldPath.of('status')
/** Upstream's internal names of `storageVersions` and `commonEncodingVersion`, which its messages show. */
const SERVERS = STATUS.child('serverStorageVersions')
const AGREED = STATUS.child('agreedEncodingVersion')

/** internal.apiserver.k8s.io StorageVersion. Upstream: apiserver's pkg/apis/apiserverinternal. */
export const storageVersions = defineResource<StorageVersion>('internal.apiserver.k8s.io/v1alpha1', 'storageversions', {
  validate: ({ status }) => collect((errors) => checkStatus(status, errors)),
  validateUpdate: ({ status }, { subresource }) =>
    subresource === 'status' ? collect((errors) => checkStatus(status, errors)) : [],
})

function checkStatus(status: DeepReadonly<StorageVersion['status']> | undefined, errors: FieldErrors): void {
  const servers = status?.storageVersions ?? []
  servers.forEach((server, index) => {
    checkServer(server, SERVERS.index(index), errors)
  })
  checkAgreement(servers, status?.commonEncodingVersion, errors)
}

/** The first fault of a server counts. */
function checkServer(server: DeepReadonly<ServerStorageVersion>, at: FieldPath, errors: FieldErrors): void {
  const { apiServerID = '', encodingVersion = '', decodableVersions } = server
  if (apiServerID === '') return errors.invalid(at.child('apiServerID'), '', 'apiServerID cannot be empty')
  if (encodingVersion === '') return errors.invalid(at.child('encodingVersion'), '', 'encodingVersion cannot be empty')
  if (decodableVersions?.includes(encodingVersion)) return
  const why = `decodableVersions must include encodingVersion ${encodingVersion}`
  errors.invalid(at.child('decodableVersions'), decodableVersions ?? null, why)
}

function checkAgreement(
  servers: readonly DeepReadonly<ServerStorageVersion>[],
  said: string | undefined,
  errors: FieldErrors,
): void {
  const versions = new Set(servers.map(({ encodingVersion }) => encodingVersion))
  const [agreed] = versions.size === 1 ? versions : []
  if (agreed === said) return
  if (agreed === undefined) {
    const why =
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'
    return errors.invalid(AGREED, said, why)
  }
  if (said === undefined) errors.invalid(AGREED, null, `the agreed version is ${agreed}`)
  else errors.invalid(AGREED, said, `the actual agreed version is ${agreed}`)
}
