import type { ConfigMap, Secret } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Payload } from './payload.ts'
import { selectKeys } from './payload.ts'
import type { VolumePluginDeps } from './volume-plugin.ts'

/** How a volume source names an object and chooses from it. */
export interface ObjectSource {
  readonly name: string
  readonly items?:
    | readonly { readonly key: string; readonly path: string; readonly mode?: number | undefined }[]
    | undefined
  readonly optional?: boolean | undefined
  readonly defaultMode: number
}

/** Which pod's object is meant. */
export interface ObjectScope {
  readonly namespace: string
  readonly objects: VolumePluginDeps['objects']
  readonly signal: AbortSignal
}

export async function configMapFiles(
  source: ObjectSource,
  { namespace, objects, signal }: ObjectScope,
): Promise<Payload> {
  const map = await objects.get('configMaps', namespace, source.name, signal)
  if (!map && !source.optional) throw new Error(`configmap ${JSON.stringify(source.name)} not found`)
  return selectKeys(configMapData(map), { ...source, missingKey: 'references non-existent config key' })
}

export async function secretFiles(source: ObjectSource, { namespace, objects, signal }: ObjectScope): Promise<Payload> {
  const found = await objects.get('secrets', namespace, source.name, signal)
  if (!found && !source.optional) throw new Error(`secret ${JSON.stringify(source.name)} not found`)
  return selectKeys(decoded(found?.data), { ...source, missingKey: 'references non-existent secret key' })
}

function configMapData(map: DeepReadonly<ConfigMap> | undefined): Map<string, Uint8Array> {
  const texts = Object.entries(map?.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const)
  return new Map<string, Uint8Array>([...texts, ...decoded(map?.binaryData)])
}

function decoded(data: DeepReadonly<Secret>['data']): Map<string, Uint8Array> {
  return new Map(Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]))
}
