import type { Labels } from '../../api/selector/requirement.ts'
import type { StoredLayout } from './stored-layout.ts'

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
/** Where the first field's name starts, and with what when it is kind. */
const KIND_AT = 2
const K = 0x6b
const LABELS = '"labels"'
/** The scalar fields of ObjectMeta that Go writes between resourceVersion and labels. */
const BEFORE_LABELS: ReadonlySet<string> = new Set([
  '"generation"',
  '"creationTimestamp"',
  '"deletionTimestamp"',
  '"deletionGracePeriodSeconds"',
])
/** Those that it writes after them: there are none when one of these comes. */
const AFTER_LABELS: ReadonlySet<string> = new Set([
  '"annotations"',
  '"ownerReferences"',
  '"finalizers"',
  '"managedFields"',
])

/**
 * The labels of an object from its JSON, without decoding the rest; `begin` is where it starts, `tail` where the fields of
 * metadata start that come after resourceVersion. `unknown` where the fields are not in Go's order, as in custom resources,
 * which begin with apiVersion instead of kind: then only decoding tells.
 */
export function labelsIn(json: Uint8Array, { begin, tail }: StoredLayout): Labels | undefined | 'unknown' {
  if (json[begin + KIND_AT] !== K) return 'unknown'
  const text = Buffer.from(json.buffer, json.byteOffset, json.length)
  let at = tail
  for (;;) {
    if (text[at] === COMMA) at++
    if (text[at] === CLOSING_BRACE) return undefined
    const colon = text[at] === QUOTE ? text.indexOf(COLON, at) : -1
    if (colon === -1) return 'unknown'
    const field = text.toString('latin1', at, colon)
    if (field === LABELS) return labelsAt(text, colon + 1)
    if (AFTER_LABELS.has(field)) return undefined
    if (!BEFORE_LABELS.has(field)) return 'unknown'
    at = scalarEnd(text, colon + 1)
  }
}

/** Neither keys nor values of labels have braces in them. */
function labelsAt(text: Buffer, start: number): Labels | undefined | 'unknown' {
  if (text[start] !== OPENING_BRACE) return 'unknown'
  return JSON.parse(text.toString('utf8', start, text.indexOf(CLOSING_BRACE, start) + 1)) as Labels
}

/** Of a number, a time or null: none has a comma or a brace in it. */
function scalarEnd(text: Buffer, start: number): number {
  let at = start
  while (at < text.length && text[at] !== COMMA && text[at] !== CLOSING_BRACE) at++
  return at
}
