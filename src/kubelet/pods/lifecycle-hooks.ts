import type { LifecycleHandler } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { httpGet, httpTarget, probeHeaders } from '../probes/http-get.ts'
import type { ContainerSpec } from './pod.ts'

const HTTP_TIMEOUT_MS = 60_000

export interface HookTarget {
  readonly container: ContainerSpec
  readonly containerId: string
  readonly podIP: string
}

/** Runs a postStart or preStop hook to its end. Rejects when it fails; its output is not told: it may hold secrets. */
export async function runHook(
  { exec, httpGet: get, sleep }: DeepReadonly<LifecycleHandler>,
  { container, containerId, podIP }: HookTarget,
  { runtime, clock }: { readonly runtime: Pick<ContainerRuntime, 'execSync'>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (exec) {
    const { exitCode } = await runtime.execSync(containerId, exec.command ?? [], 0, signal)
    if (exitCode !== 0) throw new Error(`command '${(exec.command ?? []).join(' ')}' exited with ${exitCode}`)
  } else if (get) {
    const { status } = await httpGet(httpTarget(get, container, podIP), hookHeaders(get), HTTP_TIMEOUT_MS)
    if (status < 200 || status >= 400) throw new Error(`HTTP hook failed with statuscode: ${status}`)
  } else if (sleep) {
    await clock.sleep(sleep.seconds * 1000, signal)
  }
}

function hookHeaders(get: Parameters<typeof probeHeaders>[0]): Record<string, string> {
  return { ...probeHeaders(get), 'user-agent': 'kube-lifecycle/1.36' }
}
