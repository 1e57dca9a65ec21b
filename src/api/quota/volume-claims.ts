import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '../quantity.ts'
import type { PersistentVolumeClaim } from '../types/core.v1.ts'
import { onCreateAndUpdate, type QuotaEvaluator, type ScopeRequirement } from './evaluator.ts'
import { matchesName } from './scopes.ts'

type Claim = DeepReadonly<PersistentVolumeClaim>

const COUNT = 'count/persistentvolumeclaims'
const CLAIMS = 'persistentvolumeclaims'
const STORAGE = 'requests.storage'
const OF_CLASS = '.storageclass.storage.k8s.io/'
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
const NANO = 1_000_000_000n

/** Claims of volumes and the storage they ask for, in all and by storage class. */
export const volumeClaims: QuotaEvaluator<PersistentVolumeClaim> = {
  group: '',
  plural: 'persistentvolumeclaims',
  counts: (name) =>
    [COUNT, CLAIMS, STORAGE].includes(name) || name.endsWith(OF_CLASS + CLAIMS) || name.endsWith(OF_CLASS + STORAGE),
  isCharged: (operation, subresource) =>
    onCreateAndUpdate(operation, subresource) || (operation === 'UPDATE' && subresource === 'status'),
  matchesScope,
  usage(claim) {
    const storage = storageOf(claim)
    const own = { [CLAIMS]: '1', ...(storage !== undefined && { [STORAGE]: storage }) }
    const className = claim.metadata.annotations?.[CLASS_ANNOTATION] ?? claim.spec.storageClassName
    const ofClass = className ? Object.entries(own).map(([name, amount]) => [className + OF_CLASS + name, amount]) : []
    return { [COUNT]: '1', ...own, ...Object.fromEntries(ofClass) }
  },
}

/** Whole bytes: of what is asked for, or of what is being allocated where that is more. */
function storageOf({ spec, status }: Claim): string | undefined {
  const requested = spec.resources?.requests?.storage
  if (requested === undefined) return undefined
  const allocated = status?.allocatedResources?.storage
  return wholeBytes(allocated !== undefined && compareQuantities(allocated, requested) > 0 ? allocated : requested)
}

function wholeBytes(amount: string): string {
  const { nanos, format } = parseQuantity(amount)
  const rest = nanos % NANO
  return rest === 0n ? amount : formatQuantity({ nanos: nanos - rest + NANO, format })
}

function matchesScope(requirement: ScopeRequirement, claim: Claim): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false
  const names = attributesClasses(claim)
  return (names.length > 0 ? names : [undefined]).some((name) => matchesName(requirement, name))
}

/** The class a claim has, the one it wants, and the one it is on the way to. */
function attributesClasses({ spec, status }: Claim): string[] {
  const { currentVolumeAttributesClassName, modifyVolumeStatus } = status ?? {}
  const names = [
    spec.volumeAttributesClassName,
    currentVolumeAttributesClassName,
    modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return names.filter((name): name is string => Boolean(name))
}
