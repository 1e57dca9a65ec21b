import type { FieldError } from '../../api/field-error.ts'
import type { ApiObject, ResourceDefinition, UpdateContext } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Conversion } from './conversions/conversion.ts'

/**
 * The rules of a kind that is stored as a kind of another group (an events.k8s.io Event is a core one in the store): what
 * clients write through it is checked as they wrote it. Upstream: eventStrategy, which asks for the request's version.
 */
export class KindFace {
  readonly #definition: ResourceDefinition
  readonly #conversion: Conversion

  constructor(definition: ResourceDefinition, conversion: Conversion) {
    this.#definition = definition
    this.#conversion = conversion
  }

  /** What is wrong with a new object, given in the stored version. */
  validate(stored: DeepReadonly<ApiObject>): FieldError[] {
    return this.#definition.rules.validate?.(this.#conversion.toServed(stored)) ?? []
  }

  /** What is wrong with a change, given in the stored version. */
  validateUpdate(stored: DeepReadonly<ApiObject>, { old, subresource }: UpdateContext<ApiObject>): FieldError[] {
    const { rules } = this.#definition
    const [object, before] = [this.#conversion.toServed(stored), this.#conversion.toServed(old)]
    const errors = rules.validate?.(object, before) ?? []
    return [...errors, ...(rules.validateUpdate?.(object, { old: before, subresource }) ?? [])]
  }
}
