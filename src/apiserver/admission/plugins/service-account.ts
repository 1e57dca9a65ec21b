import { randomSuffix } from '../../../api/meta/identity.ts'
import { hasReason, Reason } from '../../../api/status-error.ts'
import type { Container, Pod, ProjectedVolumeSource, ServiceAccount, Volume } from '../../../api/types/core.v1.ts'
import { type DeepReadonly, deepFreeze } from '../../../base/deep-readonly.ts'
import { podReferences } from '../../authz/node/references.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { createsPod, refuse } from '../refuse.ts'

const DEFAULT_ACCOUNT = 'default'
const MIRROR_POD = 'kubernetes.io/config.mirror'
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const VOLUME_PREFIX = 'kube-api-access-'
/** An hour and 7 s: the odd seconds tell this admission's tokens from those that somebody asked for. */
const TOKEN_SECONDS = 3607
/** A new namespace gets its default account a moment later: so often is it looked for, this far apart. */
const DEFAULT_ATTEMPTS = 10
const ATTEMPT_MS = 100

type Deps = Pick<AdmissionDeps, 'client' | 'serviceAccounts' | 'clock'>

/** Gives pods their account, its pull secrets and a volume with a token for it (KEP-1205). */
export function serviceAccount(deps: Deps): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: createsPod,
    mutate(request) {
      const pod = request.object as Pod
      if (isMirror(pod)) return
      pod.spec.serviceAccountName ||= pod.spec.serviceAccount || DEFAULT_ACCOUNT
      pod.spec.serviceAccount = pod.spec.serviceAccountName
      const account = deps.serviceAccounts.get(accountOf(request, pod))
      if (account) return complete(pod, account)
      return find(request, pod, deps).then((found) => complete(pod, found))
    },
    validate(request) {
      const pod = request.object as Pod
      if (isMirror(pod)) return refuseReferences(request, pod)
      if (deps.serviceAccounts.get(accountOf(request, pod))) return
      return find(request, pod, deps).then(() => undefined)
    },
  }
}

const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR_POD] !== undefined

const accountOf = ({ namespace }: AdmissionRequest, { spec }: Pod) => ({
  namespace,
  name: spec.serviceAccountName ?? '',
})

/** Asks the API for an account that the lister does not show. */
async function find(request: AdmissionRequest, pod: Pod, deps: Deps): Promise<DeepReadonly<ServiceAccount>> {
  const account = accountOf(request, pod)
  const attempts = account.name === DEFAULT_ACCOUNT ? DEFAULT_ATTEMPTS : 1
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.client.serviceAccounts.get(account, { signal: request.signal })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error
      const names = `${account.namespace}/${account.name}`
      const missing = `error looking up service account ${names}: serviceaccount ${JSON.stringify(account.name)} not found`
      if (attempt === attempts) throw refuse(request, missing)
    }
    await deps.clock.sleep(ATTEMPT_MS, request.signal)
  }
}

function complete(pod: Pod, account: DeepReadonly<ServiceAccount>): void {
  const mounts = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  if (mounts) mountToken(pod)
  if (pod.spec.imagePullSecrets?.length || !account.imagePullSecrets?.length) return
  pod.spec.imagePullSecrets = account.imagePullSecrets.map((reference) => ({ ...reference }))
}

/** Mounts the token in every container that has nothing at its place; a volume is added if one of them needs it. */
function mountToken({ spec }: Pod): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(VOLUME_PREFIX))
  const name = existing?.name ?? freeName(spec.volumes ?? [])
  let isMounted = false
  const mount = (container: Container): void => {
    if (!lacksMount(container)) return
    isMounted = true
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }]
  }
  spec.initContainers?.forEach(mount)
  spec.containers.forEach(mount)
  if (isMounted && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

const lacksMount = ({ volumeMounts }: Container): boolean =>
  !volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH)

/** What is mounted, the same for every pod: all have the one frozen object, which the cache keeps with them. */
const PROJECTION = deepFreeze<ProjectedVolumeSource>({
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 0o644,
})

const tokenVolume = (name: string): Volume => ({ name, projected: PROJECTION as ProjectedVolumeSource })

function freeName(volumes: readonly Volume[]): string {
  for (;;) {
    const name = VOLUME_PREFIX + randomSuffix()
    if (!volumes.some((volume) => volume.name === name)) return name
  }
}

/** A mirror pod shows a static pod, which the API gives nothing. */
function refuseReferences(request: AdmissionRequest, pod: Pod): void {
  if (pod.spec.serviceAccountName) throw refuse(request, 'a mirror pod may not reference service accounts')
  if (podReferences(pod).some(({ kind }) => kind === 'secret')) {
    throw refuse(request, 'a mirror pod may not reference secrets')
  }
  const projectsToken = pod.spec.volumes?.some((volume) =>
    volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken),
  )
  if (projectsToken) throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections')
}
