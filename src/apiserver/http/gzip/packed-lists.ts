import type { ResourceDefinition } from '../../../api/resource.ts'
import { itemsText, type ListText } from '../../watch-cache/list-chunks.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { protobufItems, protobufListEnds } from '../protobuf-list.ts'
import { gzipList } from './gzip-list.ts'
import { type PackedRun, PackedRuns } from './packed-runs.ts'

const json = new PackedRuns()
const protobuf = new PackedRuns()

/** A list as JSON, compressed. */
export function packedJsonList(items: readonly CachedObject[], text: ListText): AsyncIterable<Uint8Array> {
  const { head, tail, withoutTypes } = text
  return gzipList({
    head: Buffer.from(head),
    tail: Buffer.from(tail),
    separator: Buffer.from(','),
    runs: json.packed(items, (run) => itemsText(run, withoutTypes).subarray(1)),
  })
}

/** The same in protobuf. How long the items are stands before them, so all are compressed before the first goes out. */
export async function packedProtobufList(
  definition: ResourceDefinition,
  items: readonly CachedObject[],
  metadata: object,
): Promise<AsyncIterable<Uint8Array>> {
  const runs: PackedRun[] = []
  for await (const run of protobuf.packed(items, (some) => protobufItems(definition, some))) runs.push(run)
  const itemBytes = runs.reduce((sum, { length }) => sum + length, 0)
  const [head, tail] = protobufListEnds(definition, metadata, itemBytes)
  return gzipList({ head, tail, separator: new Uint8Array(), runs })
}
