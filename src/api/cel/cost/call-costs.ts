import { Types } from '../type.ts'
import { ListValue } from '../values/list.ts'
import { MapValue } from '../values/map.ts'
import { Opaque } from '../values/opaque.ts'
import { sizeOf } from '../values/size.ts'
import type { Value } from '../values/value.ts'
import type { CallCost, KnownArguments } from './call-cost.ts'
import { exactly, plus, type Range, scaled, times, UNLIMITED } from './range.ts'

/** Upstream's common.StringTraversalCostFactor and RegexStringLengthCostFactor. */
const TRAVERSAL = 0.1
const REGEX = 0.25
/** Upstream: common.ListCreateBaseCost. */
export const LIST_COST = 10
export const MAP_COST = 30

const traversed = (size: number, factor = 1): number => Math.ceil(size * TRAVERSAL * factor)

/** One unit, whatever the arguments are. */
export const nominal: CallCost = { estimate: () => ({ cost: exactly(1) }), track: () => 1 }

/** One argument is read from end to end, `factor` times. `keepsSize`: the result is as large. */
export function traversal(index: number, factor = 1, keepsSize = false): CallCost {
  return {
    estimate: (args) => ({
      cost: scaled(args.size(index), TRAVERSAL * factor),
      ...(keepsSize && { size: args.size(index) }),
    }),
    track: (args) => traversed(sizeOf(args[index] as Value), factor),
  }
}

/** The estimate looks at the second text, the meter at the first, as upstream has it. */
export const affix: CallCost = {
  estimate: (args) => ({ cost: scaled(args.size(1), TRAVERSAL) }),
  track: ([text]) => traversed(sizeOf(text as Value)),
}

export const toBytes: CallCost = {
  ...traversal(0),
  estimate: (args) => {
    const { min, max } = args.size(0)
    return { cost: scaled(args.size(0), TRAVERSAL), size: { min, max: max * 4 } }
  },
}

export const fromBytes: CallCost = {
  ...traversal(0),
  estimate: (args) => {
    const { min, max } = args.size(0)
    return { cost: scaled(args.size(0), TRAVERSAL), size: { min: Math.floor(min / 4), max } }
  },
}

export const quoting: CallCost = {
  ...traversal(0),
  estimate: (args) => {
    const { min, max } = args.size(0)
    return { cost: scaled(args.size(0), TRAVERSAL), size: { min: min + 2, max: max * 2 + 2 } }
  },
}

/** Of two texts, bytes or anything else, the smaller one is read. */
export const comparison: CallCost = {
  estimate: (args) => {
    const max = Math.min(args.size(0).max, args.size(1).max)
    return { cost: scaled({ min: max > 0 ? 1 : 0, max }, TRAVERSAL) }
  },
  track: ([a, b]) => traversed(Math.min(sizeOf(a as Value), sizeOf(b as Value))),
}

export const membership: CallCost = {
  estimate: (args) => ({ cost: args.size(1) }),
  track: ([, list]) => sizeOf(list as Value),
}

export const concatenation: CallCost = {
  estimate: (args) => {
    const size = plus(args.size(0), args.size(1))
    return { cost: scaled(size, TRAVERSAL), size }
  },
  track: ([a, b]) => traversed(sizeOf(a as Value) + sizeOf(b as Value)),
}

export const listConcatenation: CallCost = {
  ...nominal,
  estimate: (args) => ({ cost: exactly(1), size: plus(args.size(0), args.size(1)) }),
}

export const containment: CallCost = {
  estimate: (args) => ({ cost: times(scaled(args.size(0), TRAVERSAL), scaled(args.size(1), TRAVERSAL)) }),
  track: ([text, part]) => traversed(sizeOf(text as Value)) * traversed(sizeOf(part as Value)),
}

const regexEstimate = (args: KnownArguments): Range =>
  times(scaled(plus(args.size(0), exactly(1)), TRAVERSAL), scaled(args.size(1), REGEX))
const regexTrack = ([text, regex]: readonly Value[]): number =>
  traversed(1 + sizeOf(text as Value)) * Math.ceil(sizeOf(regex as Value) * REGEX)

export const matching: CallCost = { estimate: (args) => ({ cost: regexEstimate(args) }), track: regexTrack }

export const finding: CallCost = {
  estimate: (args) => ({ cost: regexEstimate(args), size: { min: 0, max: args.size(0).max } }),
  track: regexTrack,
}

/** A list of scalars is gone through, or a text is searched. */
export const listTraversal: CallCost = {
  estimate: (args) => {
    const element = args.elementSize(0)
    if (element === undefined) return { cost: scaled(args.size(0), TRAVERSAL) }
    const { kind } = args.type(0).parameter(0)
    const isText = kind === 'string' || kind === 'bytes'
    return { cost: times(args.size(0), isText ? plus(exactly(1), scaled(element, TRAVERSAL)) : exactly(1)) }
  },
  track: ([list]) => contentCost(list as Value),
}

/** What it takes to go through a value and everything in it. */
function contentCost(value: Value): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * TRAVERSAL)
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL)
  let cost = 0
  if (value instanceof ListValue) {
    for (const item of value) cost += contentCost(item)
    return cost
  }
  if (!(value instanceof MapValue)) return 1
  for (const key of value.keys()) cost += contentCost(key) + contentCost(value.find(key) ?? null)
  return cost
}

export const replacement: CallCost = {
  estimate: (args) => ({ cost: scaled(args.size(0), 2 * TRAVERSAL), size: replacedSize(args) }),
  track: ([text]) => traversed(sizeOf(text as Value), 2),
}

/** The longest result has the shortest parts replaced by the longest; the shortest the other way round. */
function replacedSize(args: KnownArguments): Range {
  const text = args.size(0)
  const part = args.size(1)
  const by = args.size(2)
  const longest = occurrences(text.max, part.min, by.max <= part.min)
  const shortest = occurrences(text.min, part.max, part.max <= by.min)
  const count = { min: shortest.count, max: longest.count }
  return plus(times(count, by), { min: shortest.kept, max: longest.kept })
}

/** An empty part is between all characters; where replacing does not change the bound, all is kept. */
function occurrences(text: number, part: number, isNeutral: boolean): { count: number; kept: number } {
  if (part === 0) return { count: Math.min(text + 1, UNLIMITED), kept: text }
  return isNeutral ? { count: 0, kept: text } : { count: Math.ceil(text / part), kept: 0 }
}

export const splitting: CallCost = {
  estimate: (args) => {
    const size = args.size(0)
    const limit = args.count > 2 ? args.integer(2) : undefined
    return { cost: scaled(size, 2 * TRAVERSAL), size: { min: 0, max: limit ?? size.max } }
  },
  track: ([text]) => traversed(sizeOf(text as Value), 2),
}

export const joining: CallCost = {
  estimate: (args) => {
    const list = args.size(0)
    let size = times(list, args.elementSize(0) ?? exactly(0))
    if (args.count > 1) {
      const gaps = { min: Math.max(list.min - 1, 0), max: Math.max(list.max - 1, 0) }
      size = plus(size, times(args.size(1), gaps))
    }
    return { cost: scaled(size, TRAVERSAL), size }
  },
  track: () => 0,
  trackResult: (result) => traversed(sizeOf(result), 2),
}

/** Each element of one list is compared with each of another, `factor` times. */
export const setComparison = (factor: number): CallCost => ({
  estimate: (args) => ({ cost: plus(scaled(times(args.size(0), args.size(1)), factor), exactly(1)) }),
  track: ([a, b]) => 1 + Math.floor(sizeOf(a as Value) * sizeOf(b as Value) * factor),
})

function newList(size: Range, factor = 1): { cost: Range; size: Range } {
  return { cost: plus(scaled(size, factor), exactly(1 + LIST_COST)), size }
}
const trackNewList = (size: number, factor = 1): number => Math.floor(size * factor) + 1 + LIST_COST

/** A list of the result's size is made. */
const listMaking = (size: (args: KnownArguments) => Range): CallCost => ({
  estimate: (args) => newList(size(args)),
  track: () => 0,
  trackResult: (result) => trackNewList(sizeOf(result)),
})

export const reversing = listMaking((args) => args.size(0))
export const ranging = listMaking((args) => exactly(args.integer(0) ?? UNLIMITED))
export const slicing = listMaking((args) => {
  const end = args.integer(2) ?? args.size(0).max
  return exactly(Math.max(end - (args.integer(1) ?? 0), 0))
})

export const flattening: CallCost = {
  estimate: (args) => newList(args.size(0), args.count > 1 ? (args.integer(1) ?? UNLIMITED) : 1),
  track: ([list, depth]) => trackNewList(sizeOf(list as Value), depth === undefined ? 1 : Number(depth)),
}

/** All elements of list `index` are compared with one another. */
export const selfComparison = (index: number): CallCost => ({
  estimate: (args) => {
    const { kind } = args.type(index).parameter(0)
    const size = args.size(index)
    const factor = kind === 'string' || kind === 'bytes' ? 2 + TRAVERSAL : 2
    return newList(times(size, size), factor)
  },
  track: (args) => {
    const list = args[index] as ListValue
    const first = list.size > 0 ? list.at(0) : null
    const factor = typeof first === 'string' || first instanceof Uint8Array ? 2 + TRAVERSAL : 2
    return trackNewList(list.size ** 2, factor)
  },
})

/** Texts of a named format: `regexSize` is that of the one used; before the call only the largest is known. */
export const formatMatching = (regexSize: (format: Value) => number): CallCost => ({
  estimate: (args) => ({ cost: scaled(scaled(args.size(1), TRAVERSAL), MAX_FORMAT_REGEX * REGEX) }),
  track: ([format, text]) => traversed(1 + sizeOf(text as Value)) * Math.ceil(regexSize(format as Value) * REGEX),
})
/** Upstream: MaxNameFormatRegexSize and MaxFormatSize. */
const MAX_FORMAT_REGEX = 128
const MAX_FORMAT = 64

/** Values of the libraries are compared at once, whatever their size; before the call that is known of some types only. */
export const equality: CallCost = {
  estimate: (args) => {
    const type = args.type(0)
    if (!type.is(args.type(1))) return comparison.estimate(args)
    if (AT_ONCE.has(type.name)) return { cost: exactly(1) }
    if (type.name === 'kubernetes.NamedFormat') return { cost: scaled({ min: 1, max: MAX_FORMAT }, TRAVERSAL) }
    return comparison.estimate(args)
  },
  track: (args) => (args[0] instanceof Opaque ? 1 : comparison.track(args)),
}
const AT_ONCE = new Set(['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.URL'])

const NETWORK = { min: 4, max: 16 }
const networkComparison = scaled(plus(NETWORK, NETWORK), TRAVERSAL)

/** Is an address, or a text of one, in a network. */
export const addressContainment: CallCost = {
  estimate: (args) => ({ cost: plus(networkComparison, textCost(args)) }),
  track: ([network, other]) => traversed(sizeOf(network as Value) * 2) + parsingCost(other as Value),
}

/** Is a network, or a text of one, within another. */
export const networkContainment: CallCost = {
  estimate: (args) => ({
    cost: [scaled(NETWORK, TRAVERSAL), exactly(1), textCost(args)].reduce(plus, networkComparison),
  }),
  track: ([network, other]) => {
    const size = sizeOf(network as Value)
    return traversed(size * 2) + traversed(size) + 1 + parsingCost(other as Value)
  },
}

const textCost = (args: KnownArguments): Range =>
  args.type(1).is(Types.string) ? scaled(args.size(1), TRAVERSAL) : exactly(0)
const parsingCost = (other: Value): number => (typeof other === 'string' ? traversed(sizeOf(other)) : 0)
