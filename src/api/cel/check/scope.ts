import type { Environment } from '../environment.ts'
import type { CelType } from '../type.ts'

/** The variables that a part of an expression sees; those of macros hide those of the environment. */
export class Scope {
  readonly #outer: Scope | ReadonlyMap<string, CelType>
  readonly #name: string
  readonly #type: CelType | undefined

  private constructor(outer: Scope | ReadonlyMap<string, CelType>, name: string, type: CelType | undefined) {
    this.#outer = outer
    this.#name = name
    this.#type = type
  }

  static of({ variables }: Environment): Scope {
    return new Scope(variables, '', undefined)
  }

  with(name: string, type: CelType): Scope {
    return new Scope(this, name, type)
  }

  find(name: string): CelType | undefined {
    if (this.#type && this.#name === name) return this.#type
    return this.#outer instanceof Scope ? this.#outer.find(name) : this.#outer.get(name)
  }
}
