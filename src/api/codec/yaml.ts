import { DecodeError } from './decode-error.ts'
import type { DecodedJson } from './json.ts'

/**
 * Decodes a YAML body as sigs.k8s.io/yaml does: YAML 1.1 scalars (`yes` is true), one document, keys as strings.
 * A key given twice is an error, as it is upstream whatever fieldValidation says; an apply patch is the exception, which is
 * to `tell` of them: `line 3: key "a" already set in map`. Throws DecodeError.
 */
export async function decodeYaml(
  bytes: Uint8Array,
  { duplicates = 'refuse' }: { readonly duplicates?: 'refuse' | 'tell' } = {},
): Promise<DecodedJson> {
  const { parseAllDocuments } = await import('yaml')
  const text = Buffer.from(bytes).toString('utf8')
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: true,
    logLevel: 'silent',
    prettyErrors: false,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isForeign(tag)),
  })
  const document = 'empty' in documents ? undefined : documents[0]
  const errors: readonly YamlError[] = document?.errors ?? []
  const told = duplicates === 'tell' ? errors.filter(isDuplicate) : []
  const error = errors.find((one) => !told.includes(one))
  if (error) throw new DecodeError(yamlError(error), error)
  return { value: jsonValue(plain(document)), duplicates: told.map((one) => duplicateText(one, text)) }
}

interface YamlError {
  readonly code: string
  readonly message: string
  readonly pos: readonly number[]
}

const isDuplicate = ({ code }: YamlError): boolean => code === 'DUPLICATE_KEY'

function duplicateText({ pos: [start = 0] }: YamlError, text: string): string {
  const line = text.slice(0, start).split('\n').length
  const [, quoted, plainKey = ''] = /^(?:"([^"]*)"|([^\s:]*))/.exec(text.slice(start)) ?? []
  return `line ${line}: key ${JSON.stringify(quoted ?? plainKey)} already set in map`
}

/** How often the parts that aliases repeat may be resolved: more is an attack (a billion laughs). */
const MAX_ALIASES = 100

function plain(document: { toJS(options: { maxAliasCount: number }): unknown } | undefined): unknown {
  try {
    return document?.toJS({ maxAliasCount: MAX_ALIASES }) ?? null
  } catch (error) {
    throw new DecodeError('error converting YAML to JSON: yaml: document contains excessive aliasing', error)
  }
}

/** Types of YAML 1.1 that JSON has no counterpart for, and numbers to the base of 60: such scalars stay strings. */
const isForeign = ({ tag, format }: { tag?: string; format?: string }): boolean =>
  format === 'TIME' || NOT_JSON.has(tag ?? '')

const NOT_JSON = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary', 'tag:yaml.org,2002:set'])

function yamlError({ code, message, pos }: YamlError): string {
  const what = code === 'DUPLICATE_KEY' ? 'key already set in map' : message
  return `error converting YAML to JSON: yaml: at offset ${pos[0] ?? 0}: ${what}`
}

/** Maps with other keys than strings, and numbers that JSON does not know, become what the JSON text would say. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonValue(item)]))
  if (Array.isArray(value)) return value.map(jsonValue)
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]))
}

/** An object as YAML with sorted keys, as `kubectl -o yaml` and the server print it. */
export async function encodeYaml(object: unknown): Promise<Uint8Array> {
  const { stringify } = await import('yaml')
  const text = stringify(object, {
    version: '1.1',
    sortMapEntries: true,
    lineWidth: 0,
    indentSeq: false,
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
  })
  return Buffer.from(text)
}
