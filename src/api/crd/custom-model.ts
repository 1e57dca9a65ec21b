import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { DecodeError } from '../codec/decode-error.ts'
import type { FieldValidation, Normalised } from '../codec/normalise.ts'
import type { FieldError } from '../field-error.ts'
import type { MergeType } from '../merge-type.ts'
import type { ObjectModel } from '../object-model.ts'
import type { ApiObject } from '../resource.ts'
import type { CustomResourceDefinition } from '../types/apiextensions.v1.ts'
import { CustomValidator, type Warn } from './custom-validator.ts'
import { Defaults } from './defaults.ts'
import { decodeMeta, salvageMeta } from './object-meta.ts'
import { Pruning } from './prune.ts'
import { compileRules } from './rule-compiler.ts'
import type { RuleCompiler } from './rules.ts'
import { isObject, type JsonObject, type Schema } from './schema.ts'
import { sortedCopy, sortedKeys } from './sorted.ts'
import { structuralMergeType } from './structural-merge-type.ts'

type Definition = DeepReadonly<CustomResourceDefinition>
type Custom = DeepReadonly<ApiObject>

/** One version of a custom resource, by its structural schema. */
export interface CustomModel extends ObjectModel {
  /**
   * What the schema, its list types, embedded resources and rules find wrong with an object of this version. Of an update,
   * what is wrong with parts that did not change is left out (KEP-4008); rules that fail on such parts are told to `warn`.
   * ObjectMeta of the object itself is checked elsewhere.
   */
  validate(object: Custom, old?: Custom, warn?: Warn): FieldError[]
  /** The same for an update of the status subresource: of the schema, only that of status counts. */
  validateStatus(object: Custom, old: Custom, warn?: Warn): FieldError[]
  /**
   * A stored object, whatever version it is stored in, as that version's schema has it now: pruned, with defaults, without
   * metadata that cannot be read, with the generation that very old objects lack.
   */
  stored(value: unknown): ApiObject
}

/** The model of a version of a definition. Cheap to make: what is not used is not compiled. */
export function customModel(
  definition: Definition,
  version: string,
  { compiler = compileRules }: { compiler?: RuleCompiler } = {},
): CustomModel {
  return new StructuralModel(definition, version, compiler)
}

const NO_SCHEMA: Schema = {}

class StructuralModel implements CustomModel {
  readonly #definition: Definition
  readonly #version: string
  readonly #compiler: RuleCompiler
  readonly #defaults = new Map<string, Defaults | undefined>()
  #mergeType: MergeType | undefined
  #validator: CustomValidator | undefined

  constructor(definition: Definition, version: string, compiler: RuleCompiler) {
    this.#definition = definition
    this.#version = version
    this.#compiler = compiler
  }

  get mergeType(): MergeType {
    this.#mergeType ??= structuralMergeType(this.#schemaOf(this.#version))
    return this.#mergeType
  }

  normalise<T>(value: unknown, { strict }: { strict: FieldValidation }): Normalised<T> {
    const given = isObject(value) ? value : {}
    const { metadata, unknown } = metadataOf(given, strict)
    const pruning = new Pruning({ strict })
    const object = this.#pruned(given, metadata, pruning)
    const problems = [...unknown, ...pruning.unknown].map((path) => `unknown field "${path}"`)
    return { object: object as T, problems }
  }

  applyDefaults(object: ApiObject): void {
    this.#fill(object as unknown as JsonObject, this.#version)
  }

  validate(object: Custom, old?: Custom, warn?: Warn): FieldError[] {
    return this.#compiledValidator().validate(object, old, warn)
  }

  validateStatus(object: Custom, old: Custom, warn?: Warn): FieldError[] {
    return this.#compiledValidator().validateStatus(object, old, warn)
  }

  stored(value: unknown): ApiObject {
    const given = isObject(value) ? value : {}
    const metadata = given.metadata === undefined ? {} : salvageMeta(given.metadata)
    metadata.generation ??= 1
    const object = this.#pruned(given, metadata, new Pruning({ strict: 'Ignore', lenient: true }))
    this.#fill(object, versionOf(given))
    return object as unknown as ApiObject
  }

  #compiledValidator(): CustomValidator {
    this.#validator ??= new CustomValidator(this.#schemaOf(this.#version), this.#compiler)
    return this.#validator
  }

  /** An object that says it is something else than this definition's kind is left as it is: validation will refuse it. */
  #pruned(given: JsonObject, metadata: JsonObject, pruning: Pruning): JsonObject {
    const [group, version = ''] = String(given.apiVersion ?? '').split('/')
    const { spec } = this.#definition
    const isOwn = group === spec.group && given.kind === spec.names.kind
    const schema = isOwn ? (this.#schemaOf(version) ?? NO_SCHEMA) : undefined
    const fields = schema ? pruning.root(given, schema) : (sortedCopy(given) as JsonObject)
    return withMeta(fields, given, metadata)
  }

  #fill(object: JsonObject, version: string): void {
    const filled = this.#defaultsOf(version)?.fill(object) as JsonObject | undefined
    if (filled === undefined || filled === object) return
    for (const key of Object.keys(object)) delete object[key]
    Object.assign(object, filled)
  }

  #defaultsOf(version: string): Defaults | undefined {
    if (!this.#defaults.has(version)) {
      const schema = this.#schemaOf(version)
      this.#defaults.set(version, schema && Defaults.of(schema))
    }
    return this.#defaults.get(version)
  }

  #schemaOf(version: string): Schema | undefined {
    return this.#definition.spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema
  }
}

const versionOf = ({ apiVersion }: JsonObject): string => String(apiVersion ?? '').split('/')[1] ?? ''

function metadataOf({ metadata }: JsonObject, strict: FieldValidation) {
  return metadata === undefined ? { metadata: {}, unknown: [] } : decodeMeta(metadata, strict)
}

/** The fields with apiVersion, kind and metadata among them, all sorted. */
function withMeta(fields: JsonObject, { apiVersion, kind }: JsonObject, metadata: JsonObject): JsonObject {
  const all: JsonObject = { ...fields, metadata }
  for (const [name, value] of Object.entries({ apiVersion, kind })) {
    if (value === undefined) continue
    if (typeof value !== 'string') throw new DecodeError(accessorError(name, value))
    all[name] = value
  }
  const sorted: JsonObject = {}
  for (const key of sortedKeys(all)) sorted[key] = all[key]
  return sorted
}

const GO_TYPES: Readonly<Record<string, string>> = {
  boolean: 'bool',
  number: 'int64',
  object: 'map[string]interface {}',
}

const accessorError = (name: string, value: unknown): string =>
  `.${name} accessor error: ${JSON.stringify(value)} is of the type ${GO_TYPES[typeof value]}, expected string`
