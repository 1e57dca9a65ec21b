import { X509Certificate } from 'node:crypto'
import { checkRequiredChoice, orderedChoices } from '../../kinds/validation/choices.ts'
import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../meta/names.ts'
import { parseUrl } from '../go-url.ts'
import type { Conversion } from './internal-spec.ts'

type ClientConfig = NonNullable<NonNullable<Conversion['webhook']>['clientConfig']>
type Service = NonNullable<ClientConfig['service']>

export interface ConversionRules {
  readonly requiresKnownReviewVersion: boolean
  readonly allowsInvalidCaBundle: boolean
}

const strategies = orderedChoices('None', 'Webhook')

export function checkConversion(
  conversion: Conversion | undefined,
  rules: ConversionRules,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!conversion) return
  const { strategy, webhook } = conversion
  const versions = webhook?.conversionReviewVersions ?? []
  checkRequiredChoice(strategy, strategies, at.child('strategy'), errors)
  if (strategy === 'Webhook') {
    checkClientConfig(webhook?.clientConfig, rules, at.child('webhookClientConfig'), errors)
    checkReviewVersions(versions, rules.requiresKnownReviewVersion, at.child('conversionReviewVersions'), errors)
    return
  }
  const why = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.forbidden(at.child('webhookClientConfig'), why)
  if (versions.length > 0) errors.forbidden(at.child('conversionReviewVersions'), why)
}

function checkClientConfig(
  config: ClientConfig | undefined,
  { allowsInvalidCaBundle }: ConversionRules,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!config) return errors.required(at, 'required when strategy is set to Webhook')
  const { url, service, caBundle } = config
  if ((url === undefined) === (service === undefined)) errors.required(at, 'exactly one of url or service is required')
  else if (url !== undefined) checkUrl(url, at.child('url'), errors)
  else if (service) checkService(service, at.child('service'), errors)
  if (!caBundle || allowsInvalidCaBundle) return
  const problem = caBundleProblem(caBundle)
  if (problem !== undefined) errors.invalid(at.child('caBundle'), caBundle, problem)
}

const FORM = '; desired format: https://host[/path]'

function checkUrl(text: string, at: FieldPath, errors: FieldErrors): void {
  const { scheme, host, user, fragment, query, error } = parseUrl(text)
  if (error !== undefined) return errors.required(at, `url must be a valid URL: ${error}${FORM}`)
  if (scheme !== 'https') errors.invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`)
  if (host === '') errors.invalid(at, host, `host must be specified${FORM}`)
  if (user !== undefined) errors.invalid(at, user, 'user information is not permitted in the URL')
  if (fragment !== '') errors.invalid(at, fragment, 'fragments are not permitted in the URL')
  if (query !== '') errors.invalid(at, query, 'query parameters are not permitted in the URL')
}

const MAX_PORT = 65535

function checkService({ name, namespace, path, port }: Service, at: FieldPath, errors: FieldErrors): void {
  if (!name) errors.required(at.child('name'))
  if (!namespace) errors.required(at.child('namespace'))
  if (port !== undefined && (port < 1 || port > MAX_PORT)) {
    errors.invalid(at.child('port'), port, 'port is not valid: must be between 1 and 65535, inclusive')
  }
  if (path !== undefined) checkServicePath(path, at.child('path'), errors)
}

function checkServicePath(path: string, at: FieldPath, errors: FieldErrors): void {
  if (path === '/' || path === '') return
  if (path === '//') return errors.invalid(at, path, 'segment[0] may not be empty')
  if (!path.startsWith('/')) errors.invalid(at, path, "must start with a '/'")
  const segments = path.slice(1).replace(/\/$/, '').split('/')
  for (const [index, segment] of segments.entries()) {
    const where = `segment[${index}]`
    if (segment === '') errors.invalid(at, path, `${where} may not be empty`)
    else for (const problem of dns1123SubdomainErrors(segment)) errors.invalid(at, path, `${where}: ${problem}`)
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const ANY_BLOCK = /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/

/** What is wrong with a CA bundle (PEM in base64), in the words of client-go's transport; undefined when it is right. */
export function caBundleProblem(base64: string): string | undefined {
  const pem = Buffer.from(base64, 'base64').toString('latin1')
  const blocks = pem.match(CERTIFICATE) ?? []
  const problems = blocks.map(certificateProblem)
  if (problems.some((problem) => problem === undefined)) return undefined
  const [first = ANY_BLOCK.test(pem) ? 'no valid certificate authority data seen' : NO_BLOCK] = problems
  return `unable to load root certificates: ${first}`
}

const NO_BLOCK = 'unable to parse bytes as PEM block'

function certificateProblem(pem: string): string | undefined {
  try {
    new X509Certificate(pem)
    return undefined
  } catch (error) {
    return `failed to parse certificate: ${(error as Error).message}`
  }
}

const KNOWN_REVIEW_VERSIONS = ['v1', 'v1beta1']

export const isKnownReviewVersion = (version: string): boolean => KNOWN_REVIEW_VERSIONS.includes(version)

function checkReviewVersions(
  versions: readonly string[],
  requiresKnown: boolean,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (versions.length === 0) return errors.required(at)
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.invalid(at.index(index), version, 'duplicate version')
    else errors.invalidAll(at.index(index), version, dns1035LabelErrors(version))
  })
  if (!requiresKnown || versions.some(isKnownReviewVersion)) return
  errors.invalid(at, versions, `must include at least one of ${KNOWN_REVIEW_VERSIONS.join(', ')}`)
}
