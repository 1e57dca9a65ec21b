import type { Form } from './document.ts'
import { encodeVersion2 } from './gnostic/version2.ts'
import { type GzipPart, gzipPart, joinGzip } from './gzip-parts.ts'
import type { JsonSchema } from './schemas.ts'
import type { Version2Content, Version2Part } from './version2-part.ts'
import { BEARER } from './version3.ts'

/** The document of version 2 around the parts that group versions have in it. */
export class Version2Frame {
  readonly #version: string
  readonly #content: () => Version2Content
  readonly #made = new Map<Form, Promise<Frame>>()

  /**
   * `version`: the server's. `content`: general paths and the definitions that all parts share; neither may be empty, as
   * the members of parts follow theirs.
   */
  constructor(version: string, content: () => Version2Content) {
    this.#version = version
    this.#content = content
  }

  /** The whole document, compressed. Only what was not compressed before is. */
  async join(form: Form, parts: readonly Version2Part[]): Promise<Uint8Array> {
    let made = this.#made.get(form)
    if (!made) {
      made = form === 'json' ? this.#json() : this.#protobuf()
      this.#made.set(form, made)
    }
    const { start, middle, end } = await made
    const paths = parts.map((part) => part.paths)
    const definitions = parts.map((part) => part.definitions)
    return joinGzip([start, ...paths, middle, ...definitions, end])
  }

  #json(): Promise<Frame> {
    const { paths, definitions } = this.#content()
    return frame(
      Buffer.from(opened({ ...this.#head(), paths })),
      Buffer.from(`},${opened({ definitions }).slice(1)}`),
      Buffer.from(`},${JSON.stringify(TAIL).slice(1)}`),
    )
  }

  #protobuf(): Promise<Frame> {
    const { paths, definitions } = this.#content()
    return frame(encodeVersion2({ ...this.#head(), paths }), encodeVersion2({ definitions }), encodeVersion2(TAIL))
  }

  #head(): JsonSchema {
    return { swagger: '2.0', info: { title: 'Kubernetes', version: this.#version } }
  }
}

interface Frame {
  /** All before the paths of parts, between them and their definitions, and after these. */
  readonly start: GzipPart
  readonly middle: GzipPart
  readonly end: GzipPart
}

async function frame(start: Uint8Array, middle: Uint8Array, end: Uint8Array): Promise<Frame> {
  const [first, second, third] = await Promise.all([gzipPart(start), gzipPart(middle), gzipPart(end)])
  return { start: first, middle: second, end: third }
}

/** An object and its last member, an object too, left open for more. */
const opened = (object: JsonSchema): string => JSON.stringify(object).slice(0, -2)

const TAIL: JsonSchema = { securityDefinitions: BEARER, security: [{ BearerToken: [] }] }
