import type { Deployment } from '../src/api/types/apps.v1.ts'
import type { Pod } from '../src/api/types/core.v1.ts'
import type { DeepReadonly } from '../src/base/deep-readonly.ts'
import type { Client } from '../src/client/clientset.ts'

interface Selection {
  readonly namespace: string
  readonly labelSelector: string
}

/**
 * Shows the selected Deployments until each has rolled out: a line for each that changes in place on a terminal, else a line
 * for each change. When the signal aborts first, throws an Error that says which pods wait for what.
 */
export async function showRollout(client: Client, selection: Selection, signal: AbortSignal): Promise<void> {
  const lines = new Map<string, string>() // by Deployment
  const pending = new Set<string>()
  const screen = new Screen()
  for (const deployment of (await client.deployments.list(selection)).items) note(deployment)
  screen.show(lines)
  while (pending.size > 0 && !signal.aborted) {
    const done = new AbortController()
    for await (const { type, object } of client.deployments.watch(
      { ...selection, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true },
      AbortSignal.any([signal, done.signal]),
    )) {
      if (type !== 'BOOKMARK') note(object)
      screen.show(lines)
      if (pending.size === 0) done.abort()
    }
  }
  if (pending.size > 0) throw new Error(await explain(client, selection, pending))

  function note(deployment: DeepReadonly<Deployment>): void {
    const { name } = deployment.metadata
    lines.set(name, lineOf(deployment))
    if (isComplete(deployment)) pending.delete(name)
    else pending.add(name)
  }
}

class Screen {
  readonly #shown = new Map<string, string>()

  show(lines: ReadonlyMap<string, string>): void {
    const changed = [...lines].filter(([name, line]) => this.#shown.get(name) !== line)
    if (changed.length === 0) return
    const back = process.stdout.isTTY && this.#shown.size > 0 ? `\x1b[${this.#shown.size}A` : ''
    const shown = process.stdout.isTTY
      ? [...lines.values()].map((line) => `\x1b[2K${line}`)
      : changed.map(([, line]) => line)
    process.stdout.write(`${back}${shown.join('\n')}\n`)
    for (const [name, line] of lines) this.#shown.set(name, line)
  }
}

function lineOf({ metadata, spec, status }: DeepReadonly<Deployment>): string {
  const { updatedReplicas = 0, availableReplicas = 0 } = status ?? {}
  const wanted = spec.replicas ?? 1
  const bar = '#'.repeat(availableReplicas) + '.'.repeat(Math.max(0, wanted - availableReplicas))
  return `deployment/${metadata.name}  [${bar}]  ${updatedReplicas} updated, ${availableReplicas} of ${wanted} available`
}

/** As `kubectl rollout status` decides. */
function isComplete({ metadata, spec, status }: DeepReadonly<Deployment>): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {}
  const wanted = spec.replicas ?? 1
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    updatedReplicas >= wanted &&
    replicas <= updatedReplicas &&
    availableReplicas >= updatedReplicas
  )
}

async function explain(client: Client, selection: Selection, pending: ReadonlySet<string>): Promise<string> {
  const { items } = await client.pods.list(selection)
  const reasons = items.flatMap((pod) => reasonOf(pod) ?? [])
  return [`not rolled out in time: ${[...pending].join(', ')}`, ...reasons].join('\n  ')
}

function reasonOf({ metadata, status }: DeepReadonly<Pod>): string | undefined {
  const { conditions = [], containerStatuses = [] } = status ?? {}
  if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return undefined
  const waiting = containerStatuses.find(({ state }) => state?.waiting)?.state?.waiting
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  const why = waiting ?? unscheduled ?? conditions.find(({ type }) => type === 'Ready')
  return `pod ${metadata.name}: ${[why?.reason, why?.message].filter(Boolean).join(': ') || 'starting'}`
}
