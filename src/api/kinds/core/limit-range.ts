import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { canonicalQuantity, compareQuantities, parseQuantity } from '../../quantity.ts'
import { defineResource } from '../../resource.ts'
import type { LimitRange, LimitRangeItem } from '../../types/core.v1.ts'
import { nameColumn } from '../printing/columns.ts'
import { choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { qualifiedNameErrors } from '../validation/name-rules.ts'
import { checkContainerResourceName, checkResourceName, isOvercommitAllowed } from '../validation/resource-names.ts'
import { roundUpToMilli } from './resources.ts'

type Item = DeepReadonly<LimitRangeItem>

const limitsPath = FieldPath.of('spec.limits')
const limitTypes = choices('Pod', 'Container', 'PersistentVolumeClaim')
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

export const limitRanges = defineResource<LimitRange>('v1', 'limitranges', {
  default: ({ spec }) => spec?.limits?.forEach(defaultItem),
  validate: ({ spec }) => collect((errors) => checkItems(spec?.limits ?? [], errors)),
  createOnUpdate: true,
  generation: false,
  columns: [
    nameColumn,
    { header: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp ?? null },
  ],
})

/** For containers: the limit is at most the maximum, the request the limit, or else the minimum. */
function defaultItem(item: LimitRangeItem): void {
  for (const list of lists) roundUpToMilli(item[list])
  if (item.type !== 'Container') return
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  if (Object.keys(limits).length > 0) item.default = limits
  if (Object.keys(requests).length > 0) item.defaultRequest = requests
}

function checkItems(items: readonly Item[], errors: FieldErrors): void {
  const types = new Set<string>()
  for (const [index, item] of items.entries()) {
    const at = limitsPath.index(index)
    checkType(item.type, at.child('type'), errors)
    if (types.has(item.type)) errors.duplicate(at.child('type'), item.type)
    types.add(item.type)
    checkNames(item, at, errors)
    const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})))
    for (const name of names) checkAmounts(name, item, at, errors)
  }
}

function checkType(type: string, at: FieldPath, errors: FieldErrors): void {
  const problems = qualifiedNameErrors(type)
  if (problems.length > 0) errors.invalidAll(at, type, problems)
  else if (!type.includes('/') && !limitTypes.has(type)) {
    errors.invalid(at, type, 'must be a standard limit type or fully qualified')
  }
}

function checkNames(item: Item, at: FieldPath, errors: FieldErrors): void {
  const checkName = item.type === 'Pod' || item.type === 'Container' ? checkContainerResourceName : checkResourceName
  for (const list of lists) {
    const isDefault = list === 'default' || list === 'defaultRequest'
    if (item.type === 'Pod' && isDefault) {
      if (item[list]) errors.forbidden(at.child(list), "may not be specified when `type` is 'Pod'")
    } else for (const name in item[list]) checkName(name, at.child(list).key(name), errors)
  }
  const needsBound = item.type === 'PersistentVolumeClaim'
  if (needsBound && item.min?.storage === undefined && item.max?.storage === undefined) {
    const problem = 'either minimum or maximum storage value is required, but neither was provided'
    errors.required(at.child('limits'), problem)
  }
}

/** min ≤ default request ≤ default limit ≤ max, and no ratio that these make impossible. */
function checkAmounts(name: string, item: Item, at: FieldPath, errors: FieldErrors): void {
  const min = item.min?.[name]
  const max = item.max?.[name]
  const isPod = item.type === 'Pod'
  const limit = isPod ? undefined : item.default?.[name]
  const request = isPod ? undefined : item.defaultRequest?.[name]
  const ordered = (
    low: string | undefined,
    high: string | undefined,
    list: string,
    shown: string | undefined,
    text: (a: string, b: string) => string,
  ) => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return
    const [a, b] = [canonicalQuantity(low), canonicalQuantity(high)]
    errors.invalid(at.child(list).key(name), canonicalQuantity(shown ?? low), text(a, b))
  }
  ordered(min, max, 'min', min, (a, b) => `min value ${a} is greater than max value ${b}`)
  ordered(
    min,
    request,
    'defaultRequest',
    request,
    (a, b) => `min value ${a} is greater than default request value ${b}`,
  )
  ordered(
    request,
    max,
    'defaultRequest',
    request,
    (a, b) => `default request value ${a} is greater than max value ${b}`,
  )
  ordered(
    request,
    limit,
    'defaultRequest',
    request,
    (a, b) => `default request value ${a} is greater than default limit value ${b}`,
  )
  ordered(min, limit, 'default', min, (a, b) => `min value ${a} is greater than default value ${b}`)
  ordered(limit, max, 'default', max, (a, b) => `default value ${a} is greater than max value ${b}`)
  checkRatio(item.maxLimitRequestRatio?.[name], min, max, at.child('maxLimitRequestRatio').key(name), errors)
  if (
    limit !== undefined &&
    request !== undefined &&
    !isOvercommitAllowed(name) &&
    compareQuantities(limit, request) !== 0
  ) {
    const problem = `default value ${canonicalQuantity(limit)} must equal to defaultRequest value ${canonicalQuantity(request)} in ${name}`
    errors.invalid(at.child('defaultRequest').key(name), canonicalQuantity(request), problem)
  }
}

function checkRatio(
  ratio: string | undefined,
  min: string | undefined,
  max: string | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (ratio === undefined) return
  const text = canonicalQuantity(ratio)
  if (compareQuantities(ratio, '1') < 0) errors.invalid(at, text, `ratio ${text} is less than 1`)
  if (min === undefined || max === undefined) return
  const most = Number(parseQuantity(max).nanos) / Number(parseQuantity(min).nanos)
  if (Number(parseQuantity(ratio).nanos) / 1e9 > most) {
    errors.invalid(at, text, `ratio ${text} is greater than max/min = ${most.toFixed(6)}`)
  }
}
