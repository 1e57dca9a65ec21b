import type { ApiObject } from '../../api/resource.ts'
import type { ListMeta, TemplateMeta } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** Versions of meta.k8s.io in which Tables and metadata-only answers exist. */
export type MetaVersion = 'v1' | 'v1beta1'

export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata'
  readonly apiVersion: string
  readonly metadata: DeepReadonly<TemplateMeta>
}

export interface PartialObjectMetadataList {
  readonly kind: 'PartialObjectMetadataList'
  readonly apiVersion: string
  readonly metadata: DeepReadonly<ListMeta>
  readonly items: readonly PartialObjectMetadata[]
}

/** Only the metadata of an object: what the garbage collector and metadata informers ask for. */
export function partialMetadata(object: DeepReadonly<ApiObject>, version: MetaVersion = 'v1'): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}

export function partialMetadataList(
  objects: Iterable<DeepReadonly<ApiObject>>,
  metadata: DeepReadonly<ListMeta>,
  version: MetaVersion = 'v1',
): PartialObjectMetadataList {
  const items = Array.from(objects, (object) => partialMetadata(object, version))
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata, items }
}
