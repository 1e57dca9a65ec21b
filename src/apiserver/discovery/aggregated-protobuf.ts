import { envelope, written } from '../../api/codec/protobuf-encode.ts'
import type { ProtobufWriter } from '../../api/codec/protobuf-writer.ts'
import type { GroupVersionKind } from '../../api/schema/schema.ts'
import type { APIGroupDiscoveryList } from './aggregated.ts'

type Group = APIGroupDiscoveryList['items'][number]
type Version = Group['versions'][number]
type Resource = Version['resources'][number]
type Subresource = NonNullable<Resource['subresources']>[number]

/**
 * Aggregated discovery as a body in protobuf (apidiscovery/v2 generated.proto), which the schema table does not have.
 * Numbers of fields stand beside them; a writer begins at the end.
 */
export function aggregatedProtobuf({ kind, apiVersion, items }: APIGroupDiscoveryList): Uint8Array {
  const message = written((writer) => {
    each(writer, 2, items, writeGroup)
    inside(writer, 1, () => writeListMeta(writer))
  })
  return envelope({ kind, apiVersion }, message)
}

function writeGroup(writer: ProtobufWriter, { metadata, versions }: Group): void {
  each(writer, 2, versions, writeVersion)
  inside(writer, 1, () => writeObjectMeta(writer, metadata.name ?? ''))
}

function writeVersion(writer: ProtobufWriter, { version, resources, freshness }: Version): void {
  text(writer, 3, freshness)
  each(writer, 2, resources, writeResource)
  text(writer, 1, version)
}

function writeResource(writer: ProtobufWriter, resource: Resource): void {
  each(writer, 8, resource.subresources ?? [], writeSubresource)
  texts(writer, 7, resource.categories ?? [])
  texts(writer, 6, resource.shortNames ?? [])
  texts(writer, 5, resource.verbs)
  text(writer, 4, resource.singularResource)
  text(writer, 3, resource.scope)
  inside(writer, 2, () => writeKind(writer, resource.responseKind))
  text(writer, 1, resource.resource)
}

function writeSubresource(writer: ProtobufWriter, { subresource, responseKind, verbs }: Subresource): void {
  texts(writer, 4, verbs)
  inside(writer, 2, () => writeKind(writer, responseKind))
  text(writer, 1, subresource)
}

function writeKind(writer: ProtobufWriter, { group, version, kind }: GroupVersionKind): void {
  text(writer, 3, kind)
  text(writer, 2, version)
  text(writer, 1, group)
}

/** selfLink, resourceVersion and continue, all empty: they are no pointers. */
function writeListMeta(writer: ProtobufWriter): void {
  for (const number of [3, 2, 1]) text(writer, number, '')
}

/** What Go writes of an ObjectMeta that has a name at most. */
function writeObjectMeta(writer: ProtobufWriter, name: string): void {
  inside(writer, 8, () => {}) // creationTimestamp
  writer.integer(7 << 3, 0) // generation
  for (const number of [6, 5, 4, 3, 2]) text(writer, number, '')
  text(writer, 1, name)
}

const tagOf = (number: number): number => (number << 3) | 2

const text = (writer: ProtobufWriter, number: number, value: string): void => writer.text(tagOf(number), value)

function texts(writer: ProtobufWriter, number: number, values: readonly string[]): void {
  for (const value of values.toReversed()) text(writer, number, value)
}

function inside(writer: ProtobufWriter, number: number, write: () => void): void {
  const before = writer.length
  write()
  writer.close(tagOf(number), before)
}

function each<T>(
  writer: ProtobufWriter,
  number: number,
  values: readonly T[],
  write: (writer: ProtobufWriter, value: T) => void,
): void {
  for (const value of values.toReversed()) inside(writer, number, () => write(writer, value))
}
