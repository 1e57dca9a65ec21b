import type { ApiObject } from '../api/resource.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { New, ResourceClient } from '../client/client.ts'
import type { TestApi } from './api-server.ts'

export interface DefinitionInit extends Partial<Omit<CustomResourceDefinitionSpec, 'names' | 'versions'>> {
  readonly names?: Partial<CustomResourceDefinitionSpec['names']>
  readonly versions?: readonly Partial<CustomResourceDefinitionVersion>[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** A definition of Widgets in example.com, with what is given in the place of the usual; its schema keeps everything. */
export function customDefinition(init: DefinitionInit = {}): CustomResourceDefinition {
  const { names, versions = [{}], annotations, group = 'example.com', scope = 'Namespaced', ...rest } = init
  const { plural = 'widgets', kind = 'Widget', ...moreNames } = names ?? {}
  const full: CustomResourceDefinitionSpec['names'] = {
    plural,
    kind,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    ...moreNames,
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...(annotations && { annotations: { ...annotations } }) },
    spec: { group, scope, names: full, versions: versions.map(versionOf), ...rest },
  } as CustomResourceDefinition
}

function versionOf(init: Partial<CustomResourceDefinitionVersion>, index: number): CustomResourceDefinitionVersion {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
  return { name: `v${index + 1}`, served: true, storage: index === 0, schema: { openAPIV3Schema }, ...init }
}

/** Creates or replaces a definition and waits until the API server has seen to it. */
export async function establish(
  api: Pick<TestApi, 'client'>,
  definition: CustomResourceDefinition,
): Promise<DeepReadonly<CustomResourceDefinition>> {
  const { customResourceDefinitions } = api.client()
  const { name, resourceVersion } = definition.metadata
  const written = resourceVersion
    ? await customResourceDefinitions.update(definition)
    : await customResourceDefinitions.create(definition as New<CustomResourceDefinition>)
  const isDone = ({ status }: DeepReadonly<CustomResourceDefinition>) =>
    status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  if (isDone(written)) return written
  const stop = new AbortController()
  const changes = customResourceDefinitions.watch({ fieldSelector: `metadata.name=${name}` }, stop.signal)
  for await (const { object } of changes) {
    if (!isDone(object)) continue
    stop.abort()
    return object
  }
  throw new Error(`the watch for ${name} ended before it was established`)
}

/** An object of any kind, with whatever it has beside metadata. */
export type AnyObject = ApiObject & Record<string, unknown>

/** A client of a custom resource of example.com. */
export function customClient(
  api: Pick<TestApi, 'client'>,
  plural = 'widgets',
  version = 'v1',
): ResourceClient<AnyObject> {
  return api.client().resource({ group: 'example.com', version, plural }) as unknown as ResourceClient<AnyObject>
}

/** `customObject('a', { spec: { size: 1 } })`, a Widget of v1 in the namespace `ns`. */
export const customObject = (name: string, more: Record<string, unknown> = {}): AnyObject => {
  const { metadata, ...rest } = more
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'ns', ...(metadata as object) },
    ...rest,
  }
}
