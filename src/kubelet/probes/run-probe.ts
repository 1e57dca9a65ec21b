import type { Probe } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import type { ContainerSpec } from '../pods/pod.ts'
import { probeExec } from './exec-probe.ts'
import { probeGrpc } from './grpc-health.ts'
import { probeHttp } from './http-get.ts'
import type { ProbeOutcome } from './probe-result.ts'
import { portNumber } from './probe-result.ts'
import { probeTcp } from './tcp-connect.ts'

/** What a probe is aimed at. */
export interface ProbeTarget {
  readonly container: ContainerSpec
  readonly containerId: string
  /** The host's own with the host's network. */
  readonly podIP: string
}

/** Runs a probe once, whatever its kind. Never rejects, except when the signal aborts. */
export type RunProbe = (probe: DeepReadonly<Probe>, target: ProbeTarget, signal: AbortSignal) => Promise<ProbeOutcome>

export function probeRunner(runtime: Pick<ContainerRuntime, 'execSync'>): RunProbe {
  return async (probe, { container, containerId, podIP }, signal) => {
    const { timeoutSeconds = 1, exec, httpGet, tcpSocket, grpc } = probe
    const timeoutMs = timeoutSeconds * 1000
    try {
      if (exec) return await probeExec(runtime, containerId, exec.command ?? [], timeoutSeconds, signal)
      if (httpGet) return await probeHttp(httpGet, container, podIP, timeoutMs)
      if (tcpSocket) return await probeTcp(tcpSocket.host || podIP, portNumber(tcpSocket.port, container), timeoutMs)
      if (grpc) return await probeGrpc(podIP, grpc.port, grpc.service ?? '', timeoutMs, signal)
    } catch (error) {
      if (signal.aborted) throw error
      return { verdict: 'error', output: (error as Error).message }
    }
    return { verdict: 'error', output: `missing probe handler for ${container.name}` }
  }
}
