import type { FieldError } from '../../api/field-error.ts'
import type { ObjectModel } from '../../api/object-model.ts'
import type { ApiObject } from '../../api/resource.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** One version of a custom resource, by its structural schema. Compiled when first used. */
export interface CustomModel extends ObjectModel {
  /**
   * What the schema and its rules find wrong with an object of this version; unchanged parts of `old` may stay as they are.
   * ObjectMeta of the object itself is checked elsewhere.
   */
  validate(object: DeepReadonly<ApiObject>, old?: DeepReadonly<ApiObject>): FieldError[]
}

/** Makes the model of a version of a definition; cheap, as nothing is compiled yet. */
export type CustomModels = (definition: DeepReadonly<CustomResourceDefinition>, version: string) => CustomModel
