import type { JsonObject } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** A configuration that a manager applies. */
export interface Application {
  /** Absent: the configuration makes the object. */
  readonly live: DeepReadonly<ApiObject> | undefined
  readonly config: JsonObject
  readonly manager: string
  readonly force: boolean
}

/**
 * Keeps who owns which fields of an object, for writers through one version of a resource or one of its subresources. All
 * objects are of that version. Upstream: FieldManager of apimachinery's managedfields.
 */
export interface FieldManager {
  /** Sets the managedFields of a new object: those that came with it, and what `manager` made. */
  create(object: ApiObject, manager: string): void
  /**
   * Sets the managedFields of an object that replaces `live`, by what is different. What the client says of managedFields
   * counts where it is valid and this is no subresource; an empty list or entry ends the keeping of them.
   */
  update(object: ApiObject, live: DeepReadonly<ApiObject>, manager: string): void | Promise<void>
  /**
   * The object after a configuration is applied, with its managedFields, not yet defaulted. Rejects with a StatusError: 409
   * for conflicts, 400 and 500 for configurations that are none.
   */
  apply(application: Application): Promise<ApiObject>
}
