import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../types/flowcontrol.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkConditions } from './conditions.ts'
import { checkMandatoryLevel } from './mandatory.ts'

const DEFAULT_SHARES = 30
const DEFAULT_QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 }
const MAX_QUEUES = 10_000_000
/** As many as the hash that deals queues has. */
const MAX_HASH_BITS = 60

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
    validate: (level) =>
      collect((errors) => {
        checkLevel(level, errors)
        checkMandatoryLevel(level.metadata.name ?? '', level.spec, errors)
      }),
    validateUpdate: ({ status }, { subresource }) =>
      subresource === 'status' ? collect((errors) => checkConditions(status?.conditions, errors)) : [],
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
  if ((metadata.name === 'exempt') !== (spec?.type === 'Exempt')) {
    errors.invalid('spec.type', spec?.type ?? '', "type must be 'Exempt' if and only if name is 'exempt'")
  }
  switch (spec?.type) {
    case 'Exempt':
      if (spec.limited) errors.forbidden('spec.limited', 'must be nil if the type is not Limited')
      checkShares(spec.exempt?.nominalConcurrencyShares, 'spec.exempt.nominalConcurrencyShares', errors)
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

function checkShares(shares: number | undefined, at: string, errors: FieldErrors): void {
  if (shares !== undefined && shares < 0) errors.invalid(at, shares, 'must be a non-negative integer')
}

const LIMITED = 'spec.limited'

function checkLimited(limited: DeepReadonly<LimitedPriorityLevelConfiguration>, errors: FieldErrors): void {
  checkShares(limited.nominalConcurrencyShares, `${LIMITED}.nominalConcurrencyShares`, errors)
  checkPercent(limited.lendablePercent, `${LIMITED}.lendablePercent`, errors)
  const borrowing = limited.borrowingLimitPercent
  if (borrowing !== undefined && borrowing < 0) {
    errors.invalid(`${LIMITED}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer')
  }
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
  } else if (entropyBits(queues, handSize) > MAX_HASH_BITS) {
    const which = `deckSize ${queues} and handSize ${handSize}`
    const problem = `required entropy bits of ${which} should not be greater than ${MAX_HASH_BITS}`
    errors.invalid(`${QUEUING}.handSize`, handSize, problem)
  }
}

/** Bits of hash that dealing a hand takes, estimated as upstream does: each card as if from the whole deck. */
const entropyBits = (deckSize: number, handSize: number): number => Math.ceil(Math.log2(deckSize) * handSize)
