import { builtinResources } from '../../src/api/kinds/index.ts'
import { type ApiObject, apiPath, type ResourceDefinition } from '../../src/api/resource.ts'
import type { Api } from '../e2e/harness/api.ts'
import { eventually } from '../e2e/harness/eventually.ts'
import { NAMESPACES } from './fuzz-request.ts'

const FUZZED = /^fuzz-(?![ab]$)/
const NOW = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background' }
const QUIET_MS = 500

/**
 * Deletes whatever a run has written, and what controllers made of it, so that a server has as much to keep as before. They
 * have come to rest when it resolves.
 */
export async function tidy(api: Api): Promise<void> {
  for (const definition of builtinResources()) {
    if (!definition.namespaced) await emptyCluster(api, definition)
    else for (const namespace of namespacesOf(definition)) await emptyNamespace(api, definition, namespace)
  }
  await quiet(api)
}

/** Events about objects without a namespace are in `default`. */
const namespacesOf = ({ kind }: ResourceDefinition) => (kind === 'Event' ? [...NAMESPACES, 'default'] : NAMESPACES)

async function emptyCluster(api: Api, definition: ResourceDefinition): Promise<void> {
  const fuzzed = (await list(api, definition, '')).filter(({ metadata }) => FUZZED.test(metadata.name ?? ''))
  for (const object of fuzzed) await remove(api, definition, object)
}

async function emptyNamespace(api: Api, definition: ResourceDefinition, namespace: string): Promise<void> {
  if ((await list(api, definition, namespace)).length === 0) return
  await api.json('DELETE', apiPath(definition, { namespace }), NOW)
  for (const object of await list(api, definition, namespace)) await remove(api, definition, object)
}

/** Nothing of kinds that are not kept. */
async function list(api: Api, definition: ResourceDefinition, namespace: string): Promise<readonly ApiObject[]> {
  const { object } = await api.json<{ items?: readonly ApiObject[] }>('GET', apiPath(definition, { namespace }))
  return object.items ?? []
}

/** Whoever was to take a finalizer away will not come. */
async function remove(api: Api, definition: ResourceDefinition, { metadata }: ApiObject): Promise<void> {
  const { name = '', namespace = '', finalizers } = metadata
  const path = apiPath(definition, { namespace, name })
  const headers = { 'content-type': 'application/merge-patch+json' }
  if (finalizers) await api.send({ method: 'PATCH', path, headers, body: '{"metadata":{"finalizers":null}}' })
  await api.json('DELETE', path, NOW)
}

async function quiet(api: Api): Promise<void> {
  let last = await revision(api)
  const unchanged = async () => {
    const [before, now] = [last, await revision(api)]
    last = now
    if (before !== now) throw new Error('controllers do not come to rest')
  }
  await eventually(unchanged, { withinMs: 20_000, everyMs: QUIET_MS })
}

async function revision(api: Api): Promise<string | undefined> {
  const { object } = await api.json<ApiObject>('GET', '/api/v1/configmaps?limit=1')
  return object.metadata.resourceVersion
}
