import { X509Certificate } from 'node:crypto'
import { checkRequiredChoice, orderedChoices } from '../../kinds/validation/choices.ts'
import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { checkWebhookClient } from '../../kinds/validation/webhook-client.ts'
import { dns1035LabelErrors } from '../../meta/names.ts'
import type { Conversion } from './internal-spec.ts'

type ClientConfig = NonNullable<NonNullable<Conversion['webhook']>['clientConfig']>

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
  checkWebhookClient({ url, service }, at, errors)
  if (!caBundle || allowsInvalidCaBundle) return
  const problem = caBundleProblem(caBundle)
  if (problem !== undefined) errors.invalid(at.child('caBundle'), caBundle, problem)
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
