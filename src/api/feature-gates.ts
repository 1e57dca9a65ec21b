/** Features that can be switched on or off before they are stable, under upstream's names. */
export const Feature = {
  /** Objects in CBOR (KEP-4222). */
  CBORServingAndStorage: 'CBORServingAndStorage',
} as const
export type Feature = (typeof Feature)[keyof typeof Feature]

export const Stage = { Alpha: 'ALPHA', Beta: 'BETA', Stable: '' } as const
export type Stage = (typeof Stage)[keyof typeof Stage]

export interface FeatureSpec {
  /** Whether it is on when nobody says otherwise. */
  readonly isDefault: boolean
  readonly stage: Stage
}

/** As of v1.36; one line a feature. */
const KNOWN: Readonly<Record<Feature, FeatureSpec>> = {
  [Feature.CBORServingAndStorage]: { isDefault: false, stage: Stage.Alpha },
}

/** Switch every feature of a stage that is not named itself. */
const STAGE_GATES: Readonly<Record<string, Stage>> = { AllAlpha: Stage.Alpha, AllBeta: Stage.Beta }

/** Which features are on. */
export class FeatureGates {
  readonly #set: ReadonlyMap<string, boolean>

  private constructor(set: ReadonlyMap<string, boolean>) {
    this.#set = set
  }

  static readonly defaults = new FeatureGates(new Map())

  /**
   * Reads what `--feature-gates` is given, e.g. `CBORServingAndStorage=true,AllBeta=false`; what comes later wins. Throws an
   * Error with the words of upstream's component-base for what is no gate or no boolean.
   */
  static parse(texts: readonly string[]): FeatureGates {
    const set = new Map<string, boolean>()
    for (const text of texts.flatMap((part) => part.split(',')).map((part) => part.trim())) {
      if (text === '') continue
      const [name = '', value] = split(text)
      if (value === undefined) throw new Error(`missing bool value for ${name}`)
      const parsed = BOOLEANS.get(value)
      if (parsed === undefined) {
        throw new Error(`invalid value of ${name}=${value}, err: strconv.ParseBool: parsing "${value}": invalid syntax`)
      }
      if (!Object.hasOwn(KNOWN, name) && !Object.hasOwn(STAGE_GATES, name))
        throw new Error(`unrecognized feature gate: ${name}`)
      set.set(name, parsed)
    }
    return new FeatureGates(set)
  }

  enabled(feature: Feature): boolean {
    const { isDefault, stage } = KNOWN[feature]
    const own = this.#set.get(feature)
    if (own !== undefined) return own
    const gate = Object.keys(STAGE_GATES).find((name) => STAGE_GATES[name] === stage && this.#set.has(name))
    return gate === undefined ? isDefault : (this.#set.get(gate) as boolean)
  }

  /** Every feature, for metrics and status. */
  list(): { readonly name: Feature; readonly stage: Stage; readonly enabled: boolean }[] {
    return Object.values(Feature).map((name) => ({ name, stage: KNOWN[name].stage, enabled: this.enabled(name) }))
  }
}

function split(text: string): [string, string?] {
  const mark = text.indexOf('=')
  return mark === -1 ? [text] : [text.slice(0, mark).trim(), text.slice(mark + 1).trim()]
}

/** Go's strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])
