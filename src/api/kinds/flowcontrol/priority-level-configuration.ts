import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../types/flowcontrol.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkNotNegative } from '../validation/numbers.ts'

const DEFAULT_SHARES = 30
const DEFAULT_QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 }
const MAX_QUEUES = 10_000_000

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. Upstream: pkg/apis/flowcontrol. */
export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>(
  'flowcontrol.apiserver.k8s.io/v1',
  'prioritylevelconfigurations',
  {
    ownable: { status: { except: ['spec', 'metadata'] } },
    default: ({ spec }) => {
      if (spec?.exempt) {
        spec.exempt.nominalConcurrencyShares ??= 0
        spec.exempt.lendablePercent ??= 0
      }
      if (spec?.limited) defaultLimited(spec.limited)
    },
    validate: (level) => collect((errors) => checkLevel(level, errors)),
    columns: [
      nameColumn,
      { header: 'Type', cell: ({ spec }) => spec?.type ?? '' },
      { header: 'NominalConcurrencyShares', cell: sharesText },
      { header: 'Queues', cell: (level) => queuingText(level, 'queues') },
      { header: 'HandSize', cell: (level) => queuingText(level, 'handSize') },
      { header: 'QueueLengthLimit', cell: (level) => queuingText(level, 'queueLengthLimit') },
      ageColumn,
    ],
  },
)

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= DEFAULT_SHARES
  limited.lendablePercent ??= 0
  const queuing = limited.limitResponse?.queuing
  if (!queuing) return
  queuing.queues ||= DEFAULT_QUEUING.queues
  queuing.handSize ||= DEFAULT_QUEUING.handSize
  queuing.queueLengthLimit ||= DEFAULT_QUEUING.queueLengthLimit
}

function sharesText({ spec }: DeepReadonly<PriorityLevelConfiguration>): string | number {
  return spec?.limited?.nominalConcurrencyShares ?? '<none>'
}

function queuingText(
  { spec }: DeepReadonly<PriorityLevelConfiguration>,
  field: keyof QueuingConfiguration,
): string | number {
  return spec?.limited?.limitResponse?.queuing?.[field] ?? '<none>'
}

function checkLevel({ metadata, spec }: DeepReadonly<PriorityLevelConfiguration>, errors: FieldErrors): void {
  if (metadata.name === 'exempt' && spec?.type !== 'Exempt') {
    errors.invalid('spec.type', spec?.type ?? '', "must be 'Exempt' if `name` is 'exempt'")
  }
  switch (spec?.type) {
    case 'Exempt':
      if (spec.limited) errors.forbidden('spec.limited', 'must be nil if the type is not Limited')
      return checkPercent(spec.exempt?.lendablePercent, 'spec.exempt.lendablePercent', errors)
    case 'Limited':
      if (spec.exempt) errors.forbidden('spec.exempt', 'must be nil if the type is Limited')
      if (!spec.limited) return errors.required('spec.limited', 'must not be empty when type is Limited')
      return checkLimited(spec.limited, errors)
    default:
      errors.notSupported('spec.type', spec?.type ?? '', ['Exempt', 'Limited'])
  }
}

function checkPercent(percent: number | undefined, at: string, errors: FieldErrors): void {
  if (percent !== undefined && (percent < 0 || percent > 100)) {
    errors.invalid(at, percent, 'must be between 0 and 100, inclusive')
  }
}

const LIMITED = 'spec.limited'

function checkLimited(limited: DeepReadonly<LimitedPriorityLevelConfiguration>, errors: FieldErrors): void {
  const shares = limited.nominalConcurrencyShares
  if (shares !== undefined && shares < 0) {
    errors.invalid(`${LIMITED}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')
  }
  checkPercent(limited.lendablePercent, `${LIMITED}.lendablePercent`, errors)
  checkNotNegative(limited.borrowingLimitPercent, `${LIMITED}.borrowingLimitPercent`, errors)
  const { type = '', queuing } = limited.limitResponse ?? {}
  if (type === 'Reject') {
    if (queuing)
      errors.forbidden(`${LIMITED}.limitResponse.queuing`, 'must be nil if limited.limitResponse.type is not Limited')
  } else if (type !== 'Queue') errors.notSupported(`${LIMITED}.limitResponse.type`, type, ['Queue', 'Reject'])
  else if (!queuing) {
    errors.required(`${LIMITED}.limitResponse.queuing`, 'must not be empty if limited.limitResponse.type is Limited')
  } else checkQueuing(queuing, errors)
}

const QUEUING = 'spec.limited.limitResponse.queuing'

function checkQueuing(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: DeepReadonly<QueuingConfiguration>,
  errors: FieldErrors,
): void {
  if (queueLengthLimit <= 0) errors.invalid(`${QUEUING}.queueLengthLimit`, queueLengthLimit, 'must be positive')
  if (queues <= 0) errors.invalid(`${QUEUING}.queues`, queues, 'must be positive')
  else if (queues > MAX_QUEUES) errors.invalid(`${QUEUING}.queues`, queues, `must not be greater than ${MAX_QUEUES}`)
  if (handSize <= 0) errors.invalid(`${QUEUING}.handSize`, handSize, 'must be positive')
  else if (handSize > queues) {
    errors.invalid(`${QUEUING}.handSize`, handSize, `should not be greater than queues (${queues})`)
  }
}
