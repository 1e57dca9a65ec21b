import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { MutatingWebhook, ValidatingWebhook } from '../../types/admissionregistration.v1.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'
import { checkWebhookClient } from '../validation/webhook-client.ts'
import { checkMatchConditions } from './match-conditions.ts'
import { checkRules, defaultRules, matchPolicies } from './match-resources.ts'

type AnyWebhook = ValidatingWebhook | MutatingWebhook
type ReadonlyWebhook = DeepReadonly<ValidatingWebhook> & Pick<DeepReadonly<MutatingWebhook>, 'reinvocationPolicy'>

const HTTPS_PORT = 443
const TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 30
const WEBHOOKS = FieldPath.of('webhooks')

export function defaultWebhook(webhook: AnyWebhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= TIMEOUT_SECONDS
  defaultRules(webhook.rules)
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= HTTPS_PORT
}

export function checkWebhooks(webhooks: readonly ReadonlyWebhook[] | undefined, errors: FieldErrors): void {
  const names = new Set<string>()
  webhooks?.forEach((webhook, index) => {
    const at = WEBHOOKS.index(index)
    checkWebhook(webhook, at, errors)
    if (webhook.name && names.has(webhook.name)) errors.duplicate(at.child('name'), webhook.name)
    names.add(webhook.name)
  })
}

const failurePolicies = choices('Ignore', 'Fail')
const reinvocationPolicies = choices('Never', 'IfNeeded')

function checkWebhook(webhook: ReadonlyWebhook, at: FieldPath, errors: FieldErrors): void {
  checkQualified(webhook.name, at.child('name'), errors)
  checkReviewVersions(webhook.admissionReviewVersions ?? [], at.child('admissionReviewVersions'), errors)
  checkRules(webhook.rules, at.child('rules'), errors)
  checkOptionalChoice(webhook.failurePolicy, failurePolicies, at.child('failurePolicy'), errors)
  checkOptionalChoice(webhook.matchPolicy, matchPolicies, at.child('matchPolicy'), errors)
  checkSideEffects(webhook.sideEffects, at.child('sideEffects'), errors)
  const timeout = webhook.timeoutSeconds
  if (timeout !== undefined && (timeout < 1 || timeout > MAX_TIMEOUT_SECONDS)) {
    const range = `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`
    errors.invalid(at.child('timeoutSeconds'), timeout, range)
  }
  checkLabelSelector(webhook.namespaceSelector, at.child('namespaceSelector'), errors)
  checkLabelSelector(webhook.objectSelector, at.child('objectSelector'), errors)
  checkOptionalChoice(webhook.reinvocationPolicy, reinvocationPolicies, at.child('reinvocationPolicy'), errors)
  checkWebhookClient(webhook.clientConfig, at.child('clientConfig'), errors)
  checkMatchConditions(webhook.matchConditions, at.child('matchConditions'), errors)
}

/** A domain of three labels or more. */
function checkQualified(name: string, at: FieldPath, errors: FieldErrors): void {
  if (!name) return errors.required(at)
  const problems = dns1123SubdomainErrors(name)
  if (problems.length > 0) return errors.invalid(at, name, problems.join(','))
  if (name.split('.').length < 3) {
    errors.invalid(at, name, 'should be a domain with at least three segments separated by dots')
  }
}

const REVIEW_VERSIONS = ['v1', 'v1beta1']

function checkReviewVersions(versions: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (versions.length === 0) return errors.required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) errors.invalid(at.index(index), version, 'duplicate version')
    else errors.invalidAll(at.index(index), version, dns1035LabelErrors(version))
  })
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)
  }
}

const SIDE_EFFECTS = ['None', 'NoneOnDryRun']

function checkSideEffects(effects: string | undefined, at: FieldPath, errors: FieldErrors): void {
  if (!effects) errors.required(at, `must specify one of ${SIDE_EFFECTS.join(', ')}`)
  else if (!SIDE_EFFECTS.includes(effects)) errors.notSupported(at, effects, SIDE_EFFECTS)
}
