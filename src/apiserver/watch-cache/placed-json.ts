const METADATA = Buffer.from('"metadata":')

/** The JSON of an object as lists want it: written where it goes, the revision in it or not yet. */
export interface PlacedJson {
  readonly jsonLength: number
  /** Where `"metadata":` begins, 0 for nowhere near the beginning. Most likely at `guess`. */
  metadataStart(guess: number): number
  /** Writes the JSON from its byte `from` on, which is not behind what `metadataStart` gives. */
  copyJson(target: Buffer, at: number, from: number): void
}

/** JSON that is there as a whole. */
export class WholeJson implements PlacedJson {
  readonly #json: Uint8Array

  constructor(json: Uint8Array) {
    this.#json = json
  }

  get jsonLength(): number {
    return this.#json.length
  }

  metadataStart(guess: number): number {
    return metadataStart(this.#json, 0, guess)
  }

  copyJson(target: Buffer, at: number, from: number): void {
    target.set(from === 0 ? this.#json : this.#json.subarray(from), at)
  }
}

/**
 * Where metadata begins in the JSON that starts at `begin`. Kind and apiVersion come first and hold neither quotes nor this
 * word, so the first place found is the right one.
 */
export function metadataStart(bytes: Uint8Array, begin: number, guess: number): number {
  if (isMetadata(bytes, begin + guess)) return guess
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset + begin, Math.min(bytes.length - begin, 512))
  return Math.max(0, beginning.indexOf(METADATA))
}

function isMetadata(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < METADATA.length; index++) if (bytes[at + index] !== METADATA[index]) return false
  return true
}
