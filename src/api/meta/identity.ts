import { randomUUID } from 'node:crypto'

/** A fresh metadata.uid: a random UUID. */
export const newUid = (): string => randomUUID()

/** Upstream's alphabet for generated names: no vowels and no digits that look like one, so that no words come out. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
const MAX_PREFIX_LENGTH = 63 - SUFFIX_LENGTH

/** A name for `metadata.generateName`: the prefix, cut to 58 characters, and five random ones. May already be taken. */
export function generatedName(prefix: string, random: () => number = Math.random): string {
  return prefix.slice(0, MAX_PREFIX_LENGTH) + randomSuffix(random)
}

/** Five random characters of upstream's alphabet. */
export function randomSuffix(random: () => number = Math.random): string {
  let suffix = ''
  for (let index = 0; index < SUFFIX_LENGTH; index++) suffix += ALPHABET[Math.floor(random() * ALPHABET.length)]
  return suffix
}
