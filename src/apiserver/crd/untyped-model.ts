import { normalise } from '../../api/codec/json.ts'
import type { FieldValidation, Normalised } from '../../api/codec/normalise.ts'
import type { FieldError } from '../../api/field-error.ts'
import { DEDUCED, type MergeType } from '../../api/merge-type.ts'
import type { CustomModel } from './custom-model.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Custom resources of which nothing but metadata is known: everything is preserved and nothing is wrong. */
export class UntypedModel implements CustomModel {
  readonly mergeType: MergeType = DEDUCED

  normalise<T>(value: unknown, options: { strict: FieldValidation }): Normalised<T> {
    const given = (value ?? {}) as Record<string, unknown>
    const metadata = normalise<object>(OBJECT_META, given.metadata, options)
    const object = sorted({ ...given, metadata: sorted(metadata.object) })
    const problems = metadata.problems.map((text) => text.replace('field "', 'field "metadata.'))
    return { object: object as T, problems }
  }

  applyDefaults(): void {}

  validate(): FieldError[] {
    return []
  }
}

/** As Go writes a map; what lies deeper came in that order or is free. */
function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)))
}
