import { decodeMessage } from '../../api/codec/protobuf.ts'
import { ProtobufReader } from '../../api/codec/protobuf-reader.ts'
import type { ApiObject } from '../../api/resource.ts'
import { tableModel } from '../registry/model-of.ts'

/** How upstream stores CustomResourceDefinitions to this day. */
export const V1BETA1_DEFINITION = { apiVersion: 'apiextensions.k8s.io/v1beta1', kind: 'CustomResourceDefinition' }

const V1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const DEFINITION = `${V1}.CustomResourceDefinition`
const typeMeta = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }

type Json = Record<string, unknown>

/** What v1beta1 says once for all versions, unless a version says it itself. */
interface SharedParts {
  readonly validation?: unknown
  readonly subresources?: unknown
  readonly additionalPrinterColumns?: readonly unknown[]
  readonly selectableFields?: readonly unknown[]
}

/**
 * A definition that is stored as apiextensions.k8s.io/v1beta1 as its v1 (apiextensions-apiserver pkg/apis/apiextensions).
 * The two share their field numbers, but v1 has the schema, the subresources and the columns in each version, and the
 * webhook in a message of its own. Takes the protobuf message or the JSON object.
 */
export function definitionOfV1beta1(stored: Uint8Array | object): ApiObject {
  const { definition, shared, version } = stored instanceof Uint8Array ? fromMessage(stored) : fromJson(stored as Json)
  const spec = definition.spec as Json
  const versions = (spec.versions as Json[] | undefined) ?? []
  const own = versions.length > 0 || !version ? versions : [{ name: version, served: true, storage: true }]
  const whole = { ...definition, ...typeMeta, spec: { ...spec, versions: own.map((one) => withShared(one, shared)) } }
  return tableModel(DEFINITION).normalise<ApiObject>(whole, { strict: 'Ignore' }).object
}

interface Parts {
  readonly definition: Json
  readonly shared: SharedParts
  /** `spec.version`: the only version of the oldest definitions. */
  readonly version: string
}

function withShared(version: Json, { validation, ...rest }: SharedParts): Json {
  return { ...(validation !== undefined && { schema: validation }), ...rest, ...version }
}

function fromJson(json: Json): Parts {
  const {
    version = '',
    validation,
    subresources,
    additionalPrinterColumns,
    selectableFields,
    ...spec
  } = json.spec as Json
  const { conversion } = spec
  const definition = {
    ...json,
    spec: { ...spec, ...(conversion ? { conversion: conversionOf(conversion as Json) } : {}) },
  }
  const versions = (spec.versions as Json[] | undefined)?.map(withColumns)
  if (versions) Object.assign(definition.spec, { versions })
  const shared = withColumns({ validation, subresources, additionalPrinterColumns, selectableFields })
  return { definition, shared: present(shared), version: String(version) }
}

/** v1beta1 spells the path of a column `JSONPath`. */
function withColumns(holder: Json): Json {
  const columns = holder.additionalPrinterColumns as Json[] | undefined
  if (!columns) return holder
  const additionalPrinterColumns = columns.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: JSONPath }))
  return { ...holder, additionalPrinterColumns }
}

function conversionOf({ strategy, webhookClientConfig, conversionReviewVersions }: Json): Json {
  if (!webhookClientConfig) return { strategy }
  return { strategy, webhook: present({ clientConfig: webhookClientConfig, conversionReviewVersions }) }
}

function present<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

/** CustomResourceDefinition {spec = 2}, of which v1 reads what the two versions share. */
function fromMessage(raw: Uint8Array): Parts {
  const definition = decodeMessage(DEFINITION, raw, typeMeta)
  const reader = new ProtobufReader(raw)
  const parts = { validation: undefined, subresources: undefined, columns: [], fields: [], version: '' } as SpecParts
  while (reader.next()) {
    if (reader.number === 2) readSpec(reader, parts)
    else reader.skip()
  }
  const { validation, subresources, columns, fields, conversion, version } = parts
  const spec = { ...(definition.spec as Json) }
  if (conversion) spec.conversion = conversionOf(conversion)
  else delete spec.conversion
  const shared = present({
    validation,
    subresources,
    additionalPrinterColumns: columns.length > 0 ? columns : undefined,
    selectableFields: fields.length > 0 ? fields : undefined,
  })
  return { definition: { ...definition, spec }, shared: shared as SharedParts, version }
}

interface SpecParts {
  validation: unknown
  subresources: unknown
  readonly columns: unknown[]
  readonly fields: unknown[]
  conversion?: Json
  version: string
}

/** {version = 2, validation = 5, subresources = 6, additionalPrinterColumns = 8, conversion = 9, selectableFields = 11}. */
function readSpec(reader: ProtobufReader, parts: SpecParts): void {
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 2) parts.version = reader.text()
    else if (reader.number === 5) parts.validation = decodeMessage(`${V1}.CustomResourceValidation`, reader.bytes())
    else if (reader.number === 6) parts.subresources = decodeMessage(`${V1}.CustomResourceSubresources`, reader.bytes())
    else if (reader.number === 8) {
      parts.columns.push(decodeMessage(`${V1}.CustomResourceColumnDefinition`, reader.bytes()))
    } else if (reader.number === 9) parts.conversion = readConversion(reader)
    else if (reader.number === 11) parts.fields.push(decodeMessage(`${V1}.SelectableField`, reader.bytes()))
    else reader.skip()
  }
  reader.leave(outer)
}

/** {strategy = 1, webhookClientConfig = 2, conversionReviewVersions = 3}. */
function readConversion(reader: ProtobufReader): Json {
  const conversion: Json = {}
  const versions: string[] = []
  const outer = reader.enter()
  while (reader.next()) {
    if (reader.number === 1) conversion.strategy = reader.text()
    else if (reader.number === 2) {
      conversion.webhookClientConfig = decodeMessage(`${V1}.WebhookClientConfig`, reader.bytes())
    } else if (reader.number === 3) versions.push(reader.text())
    else reader.skip()
  }
  reader.leave(outer)
  return versions.length > 0 ? { ...conversion, conversionReviewVersions: versions } : conversion
}
