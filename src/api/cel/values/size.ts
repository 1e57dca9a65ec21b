import { ListValue } from './list.ts'
import { MapValue } from './map.ts'
import { Opaque } from './opaque.ts'
import { Optional } from './optional.ts'
import type { Value } from './value.ts'

/** The number of code points. */
export function textSize(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0xd800 && code < 0xe000) return [...text].length
  }
  return text.length
}

/** The size that costs are counted by: of texts, bytes, lists and maps; everything else is one. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return textSize(value)
  if (value instanceof ListValue || value instanceof MapValue || value instanceof Opaque) return value.size
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Optional && value.content !== undefined) return sizeOf(value.content)
  return 1
}
