import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule, type UpdateContext } from '../../resource.ts'
import type { CertificateSigningRequest } from '../../types/certificates.v1.ts'
import { ageOf, humanDuration } from '../printing/age.ts'
import { nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkConditions, isApproval, stampConditions } from './conditions.ts'
import { checkSignerName } from './signer-name.ts'
import { keyUsages } from './usages.ts'

type Request = CertificateSigningRequest

/**
 * certificates.k8s.io/v1 CertificateSigningRequest. Who asks (username, uid, groups, extra) is set by the server on
 * create; nothing of the spec changes later. Upstream: pkg/apis/certificates, pkg/registry/certificates.
 */
export const certificateSigningRequests = defineResource<Request>(
  'certificates.k8s.io/v1',
  'certificatesigningrequests',
  {
    ownable: {
      status: { except: ['spec', 'status.conditions'] },
      approval: { except: ['spec', 'status.certificate'] },
    },
    nameRule: NameRule.PathSegment,
    prepareUpdate: keepWhatIsFixed,
    validate: ({ spec }, old) => (old ? [] : collect((errors) => checkSpec(spec, errors))),
    validateUpdate: (request, { old, subresource }) =>
      subresource === '' ? [] : collect((errors) => checkStatus(request, old, subresource, errors)),
    generation: false,
    selectsNoNamespace: true,
    selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
    columns: [
      nameColumn,
      { header: 'Age', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) },
      { header: 'SignerName', cell: ({ spec }) => spec.signerName || '<none>' },
      { header: 'Requestor', cell: ({ spec }) => spec.username ?? '' },
      {
        header: 'RequestedDuration',
        cell: ({ spec: { expirationSeconds: seconds } }) =>
          seconds === undefined ? '<none>' : humanDuration(seconds * 1000),
      },
      { header: 'Condition', cell: conditionText },
    ],
  },
)

/** `approval` decides only on approval, `status` only on the rest (the certificate, failure). */
function keepWhatIsFixed(request: Request, { old, subresource }: UpdateContext<Request>): void {
  const before = structuredClone(old) as Request
  request.spec = before.spec
  if (subresource === '') {
    request.status = before.status
    return
  }
  request.status ??= {}
  const approves = subresource === 'approval'
  if (approves) request.status.certificate = before.status?.certificate
  if (request.status.certificate === undefined) delete request.status.certificate
  const conditions = [
    ...(before.status?.conditions ?? []).filter((condition) => isApproval(condition) !== approves),
    ...(request.status.conditions ?? []).filter((condition) => isApproval(condition) === approves),
  ]
  if (conditions.length > 0) request.status.conditions = stampConditions(conditions, before.status?.conditions ?? [])
}

const PEM_REQUEST = /-----BEGIN CERTIFICATE REQUEST-----\s[\s\S]+-----END CERTIFICATE REQUEST-----/
const MIN_SECONDS = 600
const USAGES = FieldPath.of('spec.usages')

function checkSpec(spec: DeepReadonly<Request['spec']>, errors: FieldErrors): void {
  if (!PEM_REQUEST.test(Buffer.from(spec.request ?? '', 'base64').toString('latin1'))) {
    errors.invalid('spec.request', spec.request, 'PEM block type must be CERTIFICATE REQUEST')
  }
  checkUsages(spec.usages ?? [], errors)
  checkSignerName(spec.signerName, 'spec.signerName', errors)
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_SECONDS) {
    const least = `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`
    errors.invalid('spec.expirationSeconds', spec.expirationSeconds, least)
  }
}

function checkUsages(usages: readonly string[], errors: FieldErrors): void {
  if (usages.length === 0) errors.required(USAGES)
  usages.forEach((usage, index) => {
    if (!keyUsages.has(usage)) errors.notSupported(USAGES.index(index), usage, keyUsages.listed)
    if (usages.indexOf(usage) < index) errors.duplicate(USAGES.index(index), usage)
  })
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----\s[\s\S]+-----END CERTIFICATE-----/

function checkStatus(
  request: DeepReadonly<Request>,
  old: DeepReadonly<Request>,
  subresource: string,
  errors: FieldErrors,
): void {
  const { conditions = [], certificate } = request.status ?? {}
  checkConditions(conditions, old.status?.conditions ?? [], errors)
  if (subresource !== 'status' || !certificate) return
  if (old.status?.certificate && old.status.certificate !== certificate) {
    errors.invalid('status.certificate', certificate, 'field is immutable')
  }
  if (!PEM_CERTIFICATE.test(Buffer.from(certificate, 'base64').toString('latin1'))) {
    errors.invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block')
  }
}

function conditionText({ status }: DeepReadonly<Request>): string {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type))
  const decided = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending'
  return `${decided}${types.has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`
}
