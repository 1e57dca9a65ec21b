import type { ObjectReference } from '../../api/types/core.v1.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { ContainerSpec, PodView } from './pod.ts'

export interface EventsOfSubject {
  normal(reason: string, message: string): void
  warning(reason: string, message: string): void
}

/** Records events about pods and, with the field path that kubectl shows, about their containers. */
export class PodEvents {
  readonly #recorder: EventRecorder

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder
  }

  pod(pod: PodView): EventsOfSubject {
    return this.#about(referenceTo(pod))
  }

  container(pod: PodView, { name }: Pick<ContainerSpec, 'name'>): EventsOfSubject {
    const isInit = pod.spec.initContainers?.some((container) => container.name === name) ?? false
    return this.#about({ ...referenceTo(pod), fieldPath: `spec.${isInit ? 'initContainers' : 'containers'}{${name}}` })
  }

  #about(reference: ObjectReference): EventsOfSubject {
    return {
      normal: (reason, message) => this.#recorder.normal(reference, reason, message),
      warning: (reason, message) => this.#recorder.warning(reference, reason, message),
    }
  }
}

function referenceTo({ metadata }: PodView): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return { kind: 'Pod', apiVersion: 'v1', namespace, name, uid, resourceVersion }
}
