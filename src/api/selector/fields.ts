export interface FieldRequirement {
  readonly field: string
  readonly op: '=' | '!='
  readonly value: string
}

/** A parsed field selector. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  readonly empty: boolean
  /** `get` gives a field's value, the empty string where it is unset. */
  matches(get: (field: string) => string): boolean
}

/** Parses `metadata.name=a,status.phase!=Running`. Throws 400. */
export function parseFieldSelector(_text: string): FieldSelector {
  throw new Error('being written')
}

/** 400 unless each field of the selector is among `supported` (a kind's own and metadata.name, metadata.namespace). */
export function checkFieldLabels(
  _selector: FieldSelector,
  _kindFields: readonly string[],
  _options: { ownConversion: boolean },
): void {
  throw new Error('being written')
}
