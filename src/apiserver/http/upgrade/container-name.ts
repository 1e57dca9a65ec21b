import { badRequest } from '../../../api/status-error.ts'
import type { Pod } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'

type Named = { readonly name: string }

/** The container that a log, exec or attach means: the one named, or the only one. Throws 400 in upstream's words. */
export function containerOf({ metadata, spec }: DeepReadonly<Pod>, asked: string | undefined): string {
  const init = spec.initContainers ?? []
  const ephemeral = spec.ephemeralContainers ?? []
  if (asked) {
    const all: Named[] = [...spec.containers, ...init, ...ephemeral]
    if (all.some(({ name }) => name === asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`)
  }
  const [only, ...others] = spec.containers
  if (only && others.length === 0) return only.name
  const choice = `a container name must be specified for pod ${metadata.name}, choose one of: [${names(spec.containers)}]`
  const orInit = init.length > 0 ? ` or one of the init containers: [${names(init)}]` : ''
  const orEphemeral = ephemeral.length > 0 ? ` or one of the ephemeral containers: [${names(ephemeral)}]` : ''
  throw badRequest(choice + orInit + orEphemeral)
}

const names = (containers: readonly Named[]): string => containers.map(({ name }) => name).join(' ')
