import type { Clock } from '../../base/clock.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { FieldManagers } from '../managed-fields/field-managers.ts'
import type { Registry } from '../registry/registry.ts'
import type { AdmissionChain } from './admission.ts'
import type { Answer } from './create-only.ts'

/** What the verbs work with. */
export interface HandlerDeps {
  readonly registry: Registry
  readonly clock: Clock
  readonly admission: AdmissionChain
  /** Asked once more when an update or apply makes its object. */
  readonly authorizer: Authorizer
  readonly fieldManagers: FieldManagers
  readonly answers: Readonly<Record<string, Answer>>
}
