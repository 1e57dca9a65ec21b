import { convertible, decoderOf, Mismatch, unknownFieldsSeen } from './compile.ts'
import { DecodeError } from './decode-error.ts'
import { diagnose } from './diagnose.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface Normalised<T = unknown> {
  readonly object: T
  /** `unknown field "spec.foo"`, in the order of the document; empty with `Ignore`. */
  readonly problems: string[]
}

/**
 * Rebuilds a decoded object as Go would decode and write it again: known fields in the order of the type, zero values
 * dropped or written by the table's rules, quantities, times and base64 in canonical form. The input is not changed and
 * nothing of the result is shared with it except free-form parts (RawExtension, FieldsV1…). `null` counts as `{}`.
 * Throws DecodeError with Go's text for the first value of a wrong type. Upstream counterpart: json.Unmarshal into the
 * versioned struct.
 */
export function normalise<T = unknown>(
  typeName: string,
  value: unknown,
  { strict }: { strict: FieldValidation },
): Normalised<T> {
  const decode = decoderOf(typeName)
  unknownFieldsSeen.reset()
  try {
    const object = decode(convertible(value)) as T
    if (!unknownFieldsSeen.any() || strict === 'Ignore') return { object, problems: [] }
    return { object, problems: diagnose(typeName, value).unknownFields }
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    throw new DecodeError(diagnose(typeName, value).firstError ?? `cannot decode a value of type ${typeName}`, error)
  }
}
