import { normalise } from '../../api/codec/json.ts'
import type { FieldValidation, Normalised } from '../../api/codec/normalise.ts'
import type { MergeType } from '../../api/merge-type.ts'
import type { ObjectModel } from '../../api/object-model.ts'
import { tableMergeType } from '../../api/patch/apply/table-merge-type.ts'
import type { ApiObject } from '../../api/resource.ts'
import { staticDefaults } from './static-defaults.ts'

/** The objects of a type of the schema table. */
class TableModel implements ObjectModel {
  readonly typeName: string

  constructor(typeName: string) {
    this.typeName = typeName
  }

  get mergeType(): MergeType {
    return tableMergeType(this.typeName)
  }

  normalise<T>(value: unknown, options: { strict: FieldValidation }): Normalised<T> {
    return normalise<T>(this.typeName, value, options)
  }

  applyDefaults(object: ApiObject): void {
    staticDefaults(this.typeName)?.(object as unknown as Record<string, unknown>)
  }
}

/** One for each type of the table that was asked for. */
const models = new Map<string, ObjectModel>()

/** The model of a kind, or of what is sent to a subresource: its own where it has one, else that of its type. */
export function modelOf({ type, model }: { readonly type: string; readonly model?: ObjectModel }): ObjectModel {
  return model ?? tableModel(type)
}

/** The model of a type of the schema table. */
export function tableModel(typeName: string): ObjectModel {
  let model = models.get(typeName)
  if (!model) {
    model = new TableModel(typeName)
    models.set(typeName, model)
  }
  return model
}
