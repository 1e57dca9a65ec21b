import type { ServedResource } from '../registry/served-resource.ts'
import type { FieldManager } from './field-manager.ts'

/** Who keeps the managedFields of objects that are written through a resource or one of its subresources. */
export interface FieldManagers {
  of(resource: ServedResource, subresource: string): FieldManager
  /** Of Scale objects, which stand for one field of another. */
  readonly scale: FieldManager
}
