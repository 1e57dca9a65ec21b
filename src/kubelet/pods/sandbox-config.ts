import type { DnsConfig, PodSandboxConfig, PortMapping } from '../cri/messages.ts'
import type { ClusterDns } from '../environment/dns.ts'
import { podDns } from '../environment/dns.ts'
import { kernelHostname, podHostname } from '../environment/hostname.ts'
import { sandboxSecurityContext } from '../environment/security-context.ts'
import { sandboxLabels } from './container-labels.ts'
import type { PodView } from './pod.ts'
import type { PodDirectories } from './pod-directories.ts'

export interface SandboxSettings {
  readonly directories: PodDirectories
  readonly clusterDns: ClusterDns
  readonly hostDns: DnsConfig
  readonly cgroupParent: string
}

/** A pod's sandbox as CRI is told. Throws where the host name cannot be formed. */
export function sandboxConfig(pod: PodView, attempt: number, settings: SandboxSettings): PodSandboxConfig {
  const { name, namespace, uid, annotations } = pod.metadata
  const { directories, clusterDns, hostDns, cgroupParent } = settings
  const isOnHost = pod.spec.hostNetwork === true
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: isOnHost ? '' : kernelHostname(pod, podHostname(pod, clusterDns.domain)),
    logDirectory: directories.podLogs(pod),
    dnsConfig: podDns(pod, clusterDns, hostDns),
    portMappings: isOnHost ? [] : portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: { ...annotations },
    linux: {
      cgroupParent,
      securityContext: sandboxSecurityContext(pod, directories.seccomp),
      sysctls: sysctls(pod),
    },
  }
}

function portMappings({ spec }: PodView): PortMapping[] {
  const ports = [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => container.ports ?? [])
  return ports
    .filter(({ hostPort }) => hostPort)
    .map(({ protocol = 'TCP', containerPort, hostPort = 0, hostIP = '' }) => ({
      protocol: protocol as PortMapping['protocol'],
      containerPort,
      hostPort,
      hostIp: hostIP,
    }))
}

function sysctls({ spec }: PodView): Record<string, string> {
  return Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value]))
}
