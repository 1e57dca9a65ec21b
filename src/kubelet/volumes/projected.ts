import type { TokenRequest } from '../../api/types/authentication.v1.ts'
import type {
  Pod,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { writeAtomically } from './atomic-writer.ts'
import { DEFAULT_MODE } from './config-map.ts'
import { podFiles } from './downward-api.ts'
import type { ObjectScope } from './object-data.ts'
import { configMapFiles, secretFiles } from './object-data.ts'
import type { Payload, PayloadFile } from './payload.ts'
import type { TokenAsk } from './token-cache.ts'
import { TokenCache } from './token-cache.ts'
import type { ObjectReference, VolumePlugin, VolumePluginDeps, VolumeRequest } from './volume-plugin.ts'

/** Several sources in one directory, service account tokens among them; in memory only. */
export const projected: VolumePlugin = {
  name: 'kubernetes.io/projected',
  handles: ({ projected: source }) => source !== undefined,
  references: ({ projected: source }) => (source?.sources ?? []).flatMap(referenceOf),
  async mount(request, deps) {
    const { sources, defaultMode = DEFAULT_MODE } = request.volume.projected as DeepReadonly<ProjectedVolumeSource>
    const parts = await Promise.all((sources ?? []).map((source) => filesOf(source, defaultMode, request, deps)))
    await writeAtomically(request.memoryDirectory, [
      ...new Map(parts.flatMap(({ files }) => files).map((file) => [file.path, file])).values(),
    ])
    const times = parts.flatMap(({ refreshAt }) => refreshAt ?? [])
    const refreshAt = times.length > 0 ? { refreshAt: Math.min(...times) } : {}
    return { hostPath: request.memoryDirectory, readOnly: true, ownedByGroup: true, ...refreshAt }
  },
}

function referenceOf({ configMap, secret }: DeepReadonly<VolumeProjection>): ObjectReference[] {
  if (configMap) return [{ kind: 'configMaps', name: configMap.name ?? '' }]
  return secret ? [{ kind: 'secrets', name: secret.name ?? '' }] : []
}

interface Part {
  readonly files: Payload
  readonly refreshAt?: number
}

async function filesOf(
  source: DeepReadonly<VolumeProjection>,
  defaultMode: number,
  request: VolumeRequest,
  deps: VolumePluginDeps,
): Promise<Part> {
  const { pod, signal } = request
  const scope: ObjectScope = { namespace: pod.metadata.namespace, objects: deps.objects, signal }
  const { configMap, secret, downwardAPI, serviceAccountToken } = source
  if (configMap)
    return { files: await configMapFiles({ ...configMap, name: configMap.name ?? '', defaultMode }, scope) }
  if (secret) return { files: await secretFiles({ ...secret, name: secret.name ?? '', defaultMode }, scope) }
  if (downwardAPI) return { files: podFiles(pod, downwardAPI.items ?? [], defaultMode, deps.allocatable()) }
  if (serviceAccountToken) return tokenFile(serviceAccountToken, defaultMode, request, deps)
  throw new Error("a projected volume source of this node's version names no known source")
}

const tokens = new WeakMap<VolumePluginDeps, TokenCache>()

/** Readable for the one user that runs all containers, or for the pod's group; otherwise for everyone in the pod. */
async function tokenFile(
  source: DeepReadonly<ServiceAccountTokenProjection>,
  defaultMode: number,
  { pod, signal }: VolumeRequest,
  deps: VolumePluginDeps,
): Promise<Part> {
  const cache =
    tokens.get(deps) ??
    new TokenCache(deps.clock, (account, request, stop) => requestToken(deps, account, request, stop))
  tokens.set(deps, cache)
  const token = await cache.get(
    pod,
    { audience: source.audience, expirationSeconds: source.expirationSeconds ?? 3600 },
    signal,
  )
  const uid = soleUser(pod)
  const restricted = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined
  const mode = restricted ? 0o600 : defaultMode
  const file: PayloadFile = {
    path: source.path,
    data: Buffer.from(token.value),
    mode,
    ...(uid !== undefined && { uid }),
  }
  return { files: [file], refreshAt: token.refreshAt }
}

async function requestToken(
  { client }: VolumePluginDeps,
  account: { namespace: string; name: string },
  request: TokenAsk,
  signal: AbortSignal,
): Promise<DeepReadonly<TokenRequest>> {
  return client.serviceAccounts.createSubresource<TokenAsk, TokenRequest>(account, 'token', request, {
    signal,
  })
}

/** The user that every container of the pod runs as, when it is one and known. */
function soleUser({ spec }: DeepReadonly<Pod>): number | undefined {
  const shared = spec.securityContext?.runAsUser
  const users = new Set(
    [...spec.containers, ...(spec.initContainers ?? [])].map(
      ({ securityContext }) => securityContext?.runAsUser ?? shared,
    ),
  )
  return users.size === 1 ? [...users][0] : undefined
}
