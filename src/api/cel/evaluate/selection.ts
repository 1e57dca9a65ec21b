import { noSuchKey, noSuchOverload } from '../values/evaluation-error.ts'
import { MapValue } from '../values/map.ts'
import { Optional } from '../values/optional.ts'
import type { Value } from '../values/value.ts'
import type { Step } from './step.ts'

/** `a.b` */
export function selection(run: Step, field: string): Step {
  return (frame) => {
    const operand = run(frame)
    frame.meter.add(1)
    return fieldOf(operand, field)
  }
}

function fieldOf(operand: Value, field: string): Value {
  if (operand instanceof MapValue) {
    const value = operand.find(field)
    if (value === undefined) throw noSuchKey(field)
    return value
  }
  if (!(operand instanceof Optional)) throw noSuchOverload()
  return operand.content === undefined ? Optional.none : optionalField(operand.content, field)
}

/** `a.?b`. A field that is not there costs nothing. */
export function optionalSelection(run: Step, field: string): Step {
  return (frame) => {
    const container = run(frame)
    const found = container instanceof Optional ? container.content : container
    const optional = found === undefined ? Optional.none : optionalField(found, field)
    if (optional.hasValue) frame.meter.add(1)
    return optional
  }
}

function optionalField(operand: Value, field: string): Optional {
  if (!(operand instanceof MapValue)) throw noSuchOverload()
  return Optional.of(operand.find(field))
}

/** `has(a.b)` */
export function presence(run: Step, field: string): Step {
  return (frame) => {
    const operand = run(frame)
    const inner = operand instanceof Optional ? operand.content : operand
    if (inner === undefined) return false
    if (!(inner instanceof MapValue)) throw noSuchOverload()
    return inner.find(field) !== undefined
  }
}
