import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../../../types/core.v1.ts'
import type { LabelSelector } from '../../../types/meta.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkLabelKey, checkLabelSelector } from '../../validation/labels.ts'
import { dns1123LabelErrors } from '../../validation/name-rules.ts'
import { checkNodeSelector, checkNodeSelectorTerm } from '../node-selector.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

export function checkAffinity(affinity: DeepReadonly<Affinity>, at: FieldPath, errors: FieldErrors): void {
  if (affinity.nodeAffinity) checkNodeAffinity(affinity.nodeAffinity, at.child('nodeAffinity'), errors)
  if (affinity.podAffinity) checkPodAffinity(affinity.podAffinity, at.child('podAffinity'), errors)
  if (affinity.podAntiAffinity) checkPodAffinity(affinity.podAntiAffinity, at.child('podAntiAffinity'), errors)
}

function checkWeight(weight: number, at: FieldPath, errors: FieldErrors): void {
  if (weight <= 0 || weight > 100) errors.invalid(at, weight, 'must be in the range 1-100')
}

function checkNodeAffinity(affinity: DeepReadonly<NodeAffinity>, at: FieldPath, errors: FieldErrors): void {
  const required = affinity[REQUIRED]
  if (required) checkNodeSelector(required, at.child(REQUIRED), errors)
  affinity[PREFERRED]?.forEach(({ weight, preference }, index) => {
    const item = at.child(PREFERRED).index(index)
    checkWeight(weight, item.child('weight'), errors)
    checkNodeSelectorTerm(preference, item.child('preference'), errors, { checkValues: false })
  })
}

/** Affinity and anti-affinity have the same form. */
function checkPodAffinity(affinity: DeepReadonly<PodAffinity>, at: FieldPath, errors: FieldErrors): void {
  affinity[REQUIRED]?.forEach((term, index) => {
    checkTerm(term, at.child(REQUIRED).index(index), errors)
  })
  affinity[PREFERRED]?.forEach(({ weight, podAffinityTerm }, index) => {
    const item = at.child(PREFERRED).index(index)
    checkWeight(weight, item.child('weight'), errors)
    checkTerm(podAffinityTerm, item.child('podAffinityTerm'), errors)
  })
}

function checkTerm(term: DeepReadonly<PodAffinityTerm>, at: FieldPath, errors: FieldErrors): void {
  checkLabelSelector(term.labelSelector, at.child('labelSelector'), errors)
  checkLabelSelector(term.namespaceSelector, at.child('namespaceSelector'), errors)
  for (const name of term.namespaces ?? []) {
    errors.invalidAll(at.child('namespace'), name, dns1123LabelErrors(name))
  }
  checkLabelKeys(term, at, errors)
  if (!term.topologyKey) errors.required(at.child('topologyKey'), 'can not be empty')
  checkLabelKey(term.topologyKey, at.child('topologyKey'), errors)
}

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
  readonly labelSelector?: DeepReadonly<LabelSelector>
}

/**
 * Keys whose values are taken from the pod itself (KEP-3633). On creation they are merged into the selector's
 * expressions, so a key that is there twice was given in both.
 */
export function checkLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: LabelKeys,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkKeyList(matchLabelKeys, labelSelector, at.child('matchLabelKeys'), errors)
  checkKeyList(mismatchLabelKeys, labelSelector, at.child('mismatchLabelKeys'), errors)
  checkNotSelectedToo(matchLabelKeys, labelSelector, at, errors)
  matchLabelKeys.forEach((key, index) => {
    if (!mismatchLabelKeys.includes(key)) return
    errors.invalid(at.child('matchLabelKeys').index(index), key, 'exists in both matchLabelKeys and mismatchLabelKeys')
  })
}

function checkKeyList(
  keys: readonly string[],
  selector: DeepReadonly<LabelSelector> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (keys.length === 0) return
  if (!selector) return errors.forbidden(at, 'must not be specified when labelSelector is not set')
  keys.forEach((key, index) => {
    checkLabelKey(key, at.index(index), errors)
  })
}

function checkNotSelectedToo(
  keys: readonly string[],
  selector: DeepReadonly<LabelSelector> | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!selector || keys.length === 0) return
  const seen = new Set(Object.keys(selector.matchLabels ?? {}))
  for (const { key } of selector.matchExpressions ?? []) {
    const index = keys.indexOf(key)
    if (index >= 0 && seen.has(key)) {
      errors.invalid(at.index(index), key, 'exists in both matchLabelKeys and labelSelector')
    }
    seen.add(key)
  }
}
