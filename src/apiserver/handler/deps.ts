import type { Clock } from '../../base/clock.ts'
import type { Registry } from '../registry/registry.ts'
import type { AdmissionChain } from './admission.ts'
import type { Answer } from './create-only.ts'

/** What the verbs work with. */
export interface HandlerDeps {
  readonly registry: Registry
  readonly clock: Clock
  readonly admission: AdmissionChain
  readonly answers: Readonly<Record<string, Answer>>
}
