import { randomNumbers } from '../../src/testing/random-object.ts'

/** Decisions of one request: the same for the same seed and number, whatever was decided for others. */
export class Chance {
  readonly #next: () => number

  constructor(seed: number, number: number) {
    this.#next = randomNumbers(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b))
    this.#next() // neighbours begin alike
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit)
  }

  is(probability: number): boolean {
    return this.#next() < probability
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  /** One of the choices, each as likely as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let rest = this.#next() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, choice] of choices) {
      rest -= weight
      if (rest < 0) return choice
    }
    return (choices.at(-1) as readonly [number, T])[1]
  }
}
