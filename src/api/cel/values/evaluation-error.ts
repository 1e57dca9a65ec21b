/** An expression could not be evaluated; the message is cel-go's. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

/** The arguments' types are known at runtime only, and do not fit. */
export const noSuchOverload = (): EvaluationError => new EvaluationError('no such overload')

export const noSuchKey = (key: string): EvaluationError => new EvaluationError(`no such key: ${key}`)
