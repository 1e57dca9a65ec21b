/** The state of a running cluster, as `navarch status -o json` prints it. */
export interface ClusterStatus {
  readonly state: 'starting' | 'running'
  readonly dataDir: string
  readonly server: string
  /** Absent where there is no control plane. */
  readonly kubeconfig?: string
  readonly pid: number
  readonly components: readonly ComponentStatus[]
  readonly nodes: readonly NodeStatus[]
  /** How many pods are in each phase. */
  readonly pods: Readonly<Record<string, number>>
  readonly memoryBytes: number
}

export interface ComponentStatus {
  readonly name: string
  readonly healthy: boolean
  /** Why not, or a fact worth knowing. */
  readonly message?: string
}

export interface NodeStatus {
  readonly name: string
  readonly ready: boolean
  readonly address?: string
  readonly podCIDR?: string
  readonly message?: string
}

export function statusText(status: ClusterStatus): string {
  const width = Math.max(...status.components.map(({ name }) => name.length))
  const components = status.components.map(
    ({ name, healthy, message }) =>
      `  ${name.padEnd(width)}  ${healthy ? 'healthy' : 'not healthy'}${message ? `: ${message}` : ''}`,
  )
  const nodes = status.nodes.map(
    ({ name, ready, address, podCIDR, message }) =>
      `  ${name}  ${ready ? 'Ready' : 'not Ready'}${address ? `  ${address}` : ''}${podCIDR ? `  pods ${podCIDR}` : ''}${message ? `  (${message})` : ''}`,
  )
  const pods = Object.entries(status.pods)
    .map(([phase, count]) => `${count} ${phase}`)
    .join(', ')
  const what = status.kubeconfig ? 'Cluster' : 'Node'
  return [
    `${what} in ${status.dataDir} (process ${status.pid}, ${Math.round(status.memoryBytes / 1e6)} MB)`,
    `  API         ${status.server}`,
    ...(status.kubeconfig ? [`  kubeconfig  ${status.kubeconfig}`] : []),
    'Components:',
    ...components,
    `Nodes:${nodes.length === 0 ? ' none' : ''}`,
    ...nodes,
    ...(status.kubeconfig ? [`Pods: ${pods || 'none'}`] : []),
    '',
  ].join('\n')
}
