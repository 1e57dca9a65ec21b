import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type {
  ClusterTrustBundleProjection,
  DownwardAPIProjection,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../types/core.v1.ts'
import { checkRequiredChoice, orderedChoices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkLabelSelector } from '../../validation/labels.ts'
import { dns1123SubdomainErrors } from '../../validation/name-rules.ts'
import { checkQualifiedName } from '../../validation/names.ts'
import { checkFileMode } from '../../validation/numbers.ts'
import { checkProjectedPath } from '../../validation/paths.ts'
import { Seen } from '../../validation/seen.ts'
import { checkSignerName } from '../../validation/signer-names.ts'
import { checkDownwardFile, checkKeyToPath } from './volume-files.ts'

/** Sources that share one directory: no two may write the same file. */
export function checkProjected(volume: DeepReadonly<ProjectedVolumeSource>, at: FieldPath, errors: FieldErrors): void {
  if (volume.defaultMode !== undefined) checkFileMode(volume.defaultMode, at.child('defaultMode'), errors)
  if (!volume.sources) return
  const files = new Files(at, errors)
  const list = at.child('sources')
  volume.sources.forEach((source, index) => {
    checkSource(source, list.index(index), files, errors)
  })
}

/** The paths that sources have claimed so far. */
class Files {
  readonly at: FieldPath
  readonly #errors: FieldErrors
  readonly #paths = new Seen<string>()

  constructor(at: FieldPath, errors: FieldErrors) {
    this.at = at
    this.#errors = errors
  }

  /** `shown` is the value in the error. */
  claim(path: string | undefined, shown = path): void {
    if (!path) return
    if (this.#paths.has(path)) this.#errors.invalid(this.at, shown, 'conflicting duplicate paths')
    this.#paths.add(path)
  }
}

function checkSource(source: DeepReadonly<VolumeProjection>, at: FieldPath, files: Files, errors: FieldErrors): void {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  if (secret) checkKeys(secret, at.child('secret'), files, errors)
  if (configMap) checkKeys(configMap, at.child('configMap'), files, errors)
  if (downwardAPI) checkDownwardFiles(downwardAPI, at.child('downwardAPI'), files, errors)
  if (serviceAccountToken) checkToken(serviceAccountToken, at.child('serviceAccountToken'), files.at, errors)
  if (clusterTrustBundle) checkTrustBundle(clusterTrustBundle, at.child('clusterTrustBundle'), files, errors)
  if (podCertificate) checkCertificate(podCertificate, at.child('podCertificate'), files, errors)
  const count =
    toNumber(secret) +
    toNumber(configMap) +
    toNumber(downwardAPI) +
    toNumber(serviceAccountToken) +
    toNumber(clusterTrustBundle) +
    toNumber(podCertificate)
  if (count > 1) errors.forbidden(at, 'may not specify more than 1 volume type per source')
}

const toNumber = (source: object | undefined): number => (source ? 1 : 0)

function checkDownwardFiles(
  { items }: DeepReadonly<DownwardAPIProjection>,
  at: FieldPath,
  files: Files,
  errors: FieldErrors,
): void {
  items?.forEach((file) => {
    checkDownwardFile(file, at, errors)
    files.claim(file.path)
  })
}

interface Keys {
  readonly name?: string
  readonly items?: DeepReadonly<KeyToPath[]>
}

function checkKeys({ name, items }: Keys, at: FieldPath, files: Files, errors: FieldErrors): void {
  if (!name) errors.required(at.child('name'))
  items?.forEach((item, index) => {
    checkKeyToPath(item, at.child('items').index(index), errors)
    files.claim(item.path, name ?? '')
  })
}

const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

/** Upstream gives the volume's path, not the source's, for the token's file. */
function checkToken(
  { expirationSeconds = 0, path }: DeepReadonly<ServiceAccountTokenProjection>,
  at: FieldPath,
  volume: FieldPath,
  errors: FieldErrors,
): void {
  if (expirationSeconds < MIN_TOKEN_SECONDS) {
    const problem = 'may not specify a duration less than 10 minutes'
    errors.invalid(at.child('expirationSeconds'), expirationSeconds, problem)
  }
  if (expirationSeconds > MAX_TOKEN_SECONDS) {
    const problem = 'may not specify a duration larger than 2^32 seconds'
    errors.invalid(at.child('expirationSeconds'), expirationSeconds, problem)
  }
  if (!path) errors.required(volume.child('path'))
  else checkProjectedPath(path, volume.child('path'), errors)
}

function checkTrustBundle(
  bundle: DeepReadonly<ClusterTrustBundleProjection>,
  at: FieldPath,
  files: Files,
  errors: FieldErrors,
): void {
  const { name, signerName, labelSelector, path } = bundle
  if (name !== undefined && signerName !== undefined) {
    errors.invalid(at, bundle, 'only one of name and signerName may be used')
  } else if (name !== undefined) {
    checkBundleName(name, at.child('name'), errors)
    if (labelSelector) {
      errors.invalid(at.child('labelSelector'), labelSelector, 'labelSelector must be unset if name is specified')
    }
  } else if (signerName !== undefined) {
    if (!signerName) errors.required(at.child('signerName'), 'must be a valid signer name')
    checkSignerName(signerName, at.child('signerName'), errors)
    checkLabelSelector(labelSelector, at.child('labelSelector'), errors)
  } else errors.required(at, 'either name or signerName must be specified')
  if (!path) errors.required(at.child('path'))
  checkProjectedPath(path, at.child('path'), errors)
  files.claim(path)
}

/** `a.name`, or `example.com:mysigner:name` of a signer's bundle. */
function checkBundleName(name: string, at: FieldPath, errors: FieldErrors): void {
  if (!name) errors.required(at, 'must be a valid object name')
  const last = name.slice(name.lastIndexOf(':') + 1)
  for (const problem of dns1123SubdomainErrors(last)) {
    errors.invalid(at, name, `not a valid clustertrustbundlename: ${problem}`)
  }
}

const keyTypes = orderedChoices('RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519')
const MIN_CERTIFICATE_SECONDS = 3600
const DAY_SECONDS = 86_400
const MAX_CERTIFICATE_SECONDS = 91 * DAY_SECONDS

/** KEP-4317: keys and certificates made for the pod. */
function checkCertificate(
  certificate: DeepReadonly<PodCertificateProjection>,
  at: FieldPath,
  files: Files,
  errors: FieldErrors,
): void {
  checkSignerName(certificate.signerName, at.child('signerName'), errors)
  for (const key in certificate.userAnnotations) {
    checkQualifiedName(key.toLowerCase(), at.child('userAnnotations').key(key), errors)
  }
  checkRequiredChoice(certificate.keyType || 'none', keyTypes, at.child('keyType'), errors)
  checkLifetime(certificate, at.child('maxExpirationSeconds'), errors)
  checkCertificateFiles(certificate, at, files, errors)
}

function checkLifetime(
  { signerName, maxExpirationSeconds: seconds }: DeepReadonly<PodCertificateProjection>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (seconds === undefined) return
  const most = signerName.startsWith('kubernetes.io/') ? DAY_SECONDS : MAX_CERTIFICATE_SECONDS
  if (seconds < MIN_CERTIFICATE_SECONDS) {
    errors.invalid(at, seconds, `if provided, maxExpirationSeconds must be >= ${MIN_CERTIFICATE_SECONDS}`)
  }
  if (seconds > most) errors.invalid(at, seconds, `if provided, maxExpirationSeconds must be <= ${most}`)
}

const certificateFiles = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const

function checkCertificateFiles(
  certificate: DeepReadonly<PodCertificateProjection>,
  at: FieldPath,
  files: Files,
  errors: FieldErrors,
): void {
  for (const field of certificateFiles) {
    const path = certificate[field]
    if (!path) continue
    checkProjectedPath(path, at.child(field), errors)
    files.claim(path)
  }
  if (certificateFiles.every((field) => !certificate[field])) {
    errors.required(at, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')
  }
}
