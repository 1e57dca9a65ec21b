import type { Schema } from '../schema.ts'
import { supportedFormat } from '../values/formats.ts'
import { type Definition, internalSpec, schemasOf } from './internal-spec.ts'
import { nodesOf } from './schema-walk.ts'

/** Warnings of formats that no value is checked by; on an update, of those that were not there before. */
export function definitionWarnings({ spec }: Definition, old?: Definition): string[] {
  const known = new Set(old ? unknownFormats(old.spec) : [])
  return unknownFormats(spec)
    .filter((format) => !known.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}

const unknownFormats = (spec: Definition['spec']): string[] =>
  schemasOf(internalSpec(spec)).flatMap((schema) => [...nodesOf(schema)].filter(hasUnknownFormat).map(formatOf))

const formatOf = ({ format = '' }: Schema): string => format

const hasUnknownFormat = ({ format, type }: Schema): boolean =>
  Boolean(format) && supportedFormat(type ? [type] : [], format as string) === ''
