import { hasReason, notFound, Reason, StatusError } from '../../../api/status-error.ts'
import type { Namespace } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { refuse } from '../refuse.ts'

const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])
/** After a namespace's deletion its lister is not believed for so long: it may still show it as active. */
const DISTRUST_MS = 30_000

type Deps = Pick<AdmissionDeps, 'client' | 'namespaces' | 'clock'>

/** Objects are made only in namespaces that exist and are not going; the system's own namespaces stay. */
export function namespaceLifecycle({ client, namespaces, clock }: Deps): AdmissionPlugin {
  const distrusted = new Map<string, number>() // name → until, monotonic ms

  async function current(name: string, signal: AbortSignal): Promise<DeepReadonly<Namespace>> {
    try {
      return await client.namespaces.get({ name }, { signal })
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) throw notFound({ group: '', plural: 'namespaces' }, name)
      throw error
    }
  }

  function believed(name: string): DeepReadonly<Namespace> | undefined {
    const until = distrusted.get(name)
    if (until === undefined) return namespaces.get({ name })
    if (clock.monotonic() < until) return undefined
    distrusted.delete(name)
    return namespaces.get({ name })
  }

  return {
    name: 'NamespaceLifecycle',
    handles: ({ operation, namespace, definition }) =>
      isNamespace(definition)
        ? operation === 'DELETE'
        : operation !== 'DELETE' && operation !== 'CONNECT' && namespace !== '',
    /** Ahead of the plugins that look for other things in the namespace, which would only say that those are missing. */
    mutate(request) {
      if (isNamespace(request.definition) || request.definition.plural === 'localsubjectaccessreviews') return
      const namespace = believed(request.namespace)
      if (namespace) return refuseTerminating(request, namespace)
      return current(request.namespace, request.signal).then((live) => refuseTerminating(request, live))
    },
    validate(request) {
      if (!isNamespace(request.definition)) return
      if (IMMORTAL.has(request.name)) throw refuse(request, 'this namespace may not be deleted')
      if (!request.dryRun) distrusted.set(request.name, clock.monotonic() + DISTRUST_MS)
    },
  }
}

const isNamespace = ({ group, plural }: { group: string; plural: string }): boolean =>
  group === '' && plural === 'namespaces'

function refuseTerminating(request: AdmissionRequest, { metadata, status }: DeepReadonly<Namespace>): void {
  if (request.operation !== 'CREATE' || status?.phase !== 'Terminating') return
  const { name } = metadata
  const why = `unable to create new content in namespace ${name} because it is being terminated`
  const { message, details } = refuse(request, why)
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${name} is being terminated`,
    field: 'metadata.namespace',
  }
  throw new StatusError({ code: 403, reason: Reason.Forbidden, message, details: { ...details, causes: [cause] } })
}
