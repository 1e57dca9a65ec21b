import { CelType } from '../../cel/type.ts'
import { Opaque } from '../../cel/values/opaque.ts'
import { sameJson } from '../../patch/json-value.ts'

/** What is kept although nothing is known of it. It can only be compared. */
export class UnknownValue extends Opaque {
  override readonly type = new CelType('opaque', 'unknown')
  readonly #raw: unknown

  constructor(raw: unknown) {
    super()
    this.#raw = raw
  }

  override equals(other: Opaque): boolean {
    return other instanceof UnknownValue && sameJson(this.#raw, other.#raw)
  }
}
