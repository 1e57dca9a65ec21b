import { compile } from '../api/cel/compile.ts'
import { environmentOf } from '../api/cel/environment.ts'
import { CelType } from '../api/cel/type.ts'
import { EvaluationError } from '../api/cel/values/evaluation-error.ts'
import { ListValue } from '../api/cel/values/list.ts'
import { MapValue } from '../api/cel/values/map.ts'
import { Optional } from '../api/cel/values/optional.ts'
import { Uint } from '../api/cel/values/uint.ts'
import type { Value } from '../api/cel/values/value.ts'

/** What an expression without variables is, as a text that looks like CEL; `error: …` where it fails. */
export function celResult(expression: string): string {
  const compiled = compile(expression, environmentOf({}))
  if (!compiled.ok) return `refused: ${compiled.text.split('\n', 1)[0]}`
  try {
    return celText(compiled.program().evaluate([]).result)
  } catch (error) {
    return `program: ${(error as Error).message}`
  }
}

function celText(value: Value | EvaluationError): string {
  if (value instanceof EvaluationError) return `error: ${value.message}`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value)
  if (value instanceof Uint) return `${value.value}u`
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString('latin1'))}`
  if (value instanceof ListValue) return `[${[...value].map(celText).join(', ')}]`
  if (value instanceof MapValue) return mapText(value)
  if (value instanceof Optional) return value.content === undefined ? 'none' : `some(${celText(value.content)})`
  return value instanceof CelType ? value.name : String(value)
}

const mapText = (map: MapValue): string =>
  `{${[...map.keys()].map((key) => `${celText(key)}: ${celText(map.find(key) as Value)}`).join(', ')}}`
