import type { Chance } from './chance.ts'

/** Text that parsers stumble over. */
export const NASTY_TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  'NaN',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  '../..',
  '%',
  '%00',
  '%2e%2e%2f',
  '%c3%28',
  '%F0%9F%9A%A2',
  'a'.repeat(254),
  'A_b.C',
  '-a-',
  'a,b',
  'a=b,c!=d',
  'a in (b,c),!d',
  'x y',
  '"',
  '\\u0000',
  '\u{1f6a2}',
  'é',
  '2026-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '100m',
  '1.5Gi',
  '1E+400',
  '{}',
  '[]',
]

const NASTY_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  2 ** 31,
  2 ** 53 + 2,
  '',
  [],
  {},
  [null],
  { __proto: null },
  [[[[[[]]]]]],
  { a: { b: { c: null } } },
]

/** The same bytes but for some that were changed, added, doubled or cut off. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let times = 1 + chance.below(3); times > 0; times--) result = mutatedOnce(result, chance)
  return result
}

function mutatedOnce(bytes: Buffer, chance: Chance): Buffer {
  const at = chance.below(bytes.length + 1)
  const other = Math.min(bytes.length, at + chance.below(16))
  switch (chance.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([chance.below(256)]), bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(other)])
    case 3:
      return Buffer.concat([bytes.subarray(0, other), bytes.subarray(at)])
    case 4:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(chance.oneOf(NASTY_TEXTS)), bytes.subarray(other)])
    default: {
      const flipped = Buffer.from(bytes)
      if (bytes.length > 0) flipped[at % bytes.length] = (flipped[at % bytes.length] as number) ^ (1 << chance.below(8))
      return flipped
    }
  }
}

export const mutateText = (text: string, chance: Chance): string => mutateBytes(Buffer.from(text), chance).toString()

/** The same value but for one place in it that became something else, went away, or was given twice. */
export function mutateValue(value: unknown, chance: Chance, depth = 0): unknown {
  const isLeaf = typeof value !== 'object' || value === null
  if (isLeaf || depth > 12 || chance.is(0.15)) return replaced(value, chance)
  if (Array.isArray(value)) {
    const at = chance.below(value.length + 1)
    if (at === value.length) return [...value, chance.oneOf(NASTY_VALUES)]
    return chance.is(0.2) ? value.toSpliced(at, 1) : value.with(at, mutateValue(value[at], chance, depth + 1))
  }
  const names = Object.keys(value)
  const name = chance.oneOf([...names, ...names, chance.oneOf(NASTY_TEXTS)])
  const { [name]: inner, ...rest } = value as Record<string, unknown>
  if (inner === undefined) return { ...value, [name]: chance.oneOf(NASTY_VALUES) }
  return chance.is(0.15) ? rest : { ...value, [name]: mutateValue(inner, chance, depth + 1) }
}

function replaced(value: unknown, chance: Chance): unknown {
  if (typeof value === 'string') return chance.is(0.5) ? chance.oneOf(NASTY_TEXTS) : mutateText(value, chance)
  if (typeof value === 'number' && chance.is(0.5)) return -value
  return chance.oneOf(NASTY_VALUES)
}
