import type { ContainerEvent } from '../cri/container-runtime.ts'
import { openChannel } from '../cri/grpc-channel.ts'

const PROTO = new URL('./events.proto', import.meta.url)
const KIND_BY_TOPIC: Readonly<Record<string, ContainerEvent['kind']>> = {
  '/tasks/start': 'started',
  '/tasks/exit': 'stopped',
  '/tasks/oom': 'stopped',
  '/containers/delete': 'deleted',
}

interface Envelope {
  readonly topic: string
  readonly event: { readonly value: Buffer } | null
}

/**
 * Starts and ends of containers and sandboxes from containerd's own event stream (API v1): what CRI's GetContainerEvents
 * tells, for containerd before 1.7. CRI may show the change some milliseconds after the event. Ends when containerd
 * does, and when the signal aborts.
 */
export async function* taskEvents(socketPath: string, signal: AbortSignal): AsyncIterable<ContainerEvent> {
  const service = 'containerd.services.events.v1.Events'
  const channel = await openChannel({ proto: PROTO, service, address: `unix:${socketPath}` })
  try {
    const filters = Object.keys(KIND_BY_TOPIC).map((topic) => `namespace==k8s.io,topic=="${topic}"`)
    for await (const { topic, event } of channel.stream<Envelope>('Subscribe', { filters }, signal)) {
      const found = event && containerEvent(topic, event.value)
      if (found) yield found
    }
  } finally {
    channel.close()
  }
}

/** Undefined for the end of a process that is not the container's first: an exec. */
export function containerEvent(topic: string, value: Uint8Array): ContainerEvent | undefined {
  const kind = KIND_BY_TOPIC[topic]
  const strings = leadingStrings(value)
  const containerId = strings[1]
  if (kind === undefined || containerId === undefined) return undefined
  const isExec = topic === '/tasks/exit' && strings[2] !== undefined && strings[2] !== containerId
  return isExec ? undefined : { containerId, kind }
}

const LENGTH_DELIMITED = 2

/** The string fields at the start of a protobuf message, by number. All our events begin with container_id = 1, id = 2. */
function leadingStrings(bytes: Uint8Array): Record<number, string> {
  const found: Record<number, string> = {}
  let at = 0
  while (at + 1 < bytes.length) {
    const key = bytes[at] as number
    const length = bytes[at + 1] as number
    if ((key & 7) !== LENGTH_DELIMITED || length > 127) break
    found[key >> 3] = Buffer.from(bytes.subarray(at + 2, at + 2 + length)).toString()
    at += 2 + length
  }
  return found
}
