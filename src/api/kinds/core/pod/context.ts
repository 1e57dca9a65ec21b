import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Volume } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { ReadonlySpec } from './visit-containers.ts'

/** What the rules on a part of a pod spec need to know of the rest. */
export interface SpecContext {
  readonly errors: FieldErrors
  readonly spec: ReadonlySpec
  /** A pod, not the template of one: a few rules bind only pods, since old templates break them. */
  readonly isPod: boolean
  /** Name of the pod, where it is known: claims of ephemeral volumes are named after it. */
  readonly podName: string | undefined
  /** Valid volumes by name. */
  readonly volumes: ReadonlyMap<string, DeepReadonly<Volume>>
  /** Names of spec.resourceClaims. */
  readonly claimNames: ReadonlySet<string>
  /** The containers share the host's user namespace. */
  readonly hostUsers: boolean
}
