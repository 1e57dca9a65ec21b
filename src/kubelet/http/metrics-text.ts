import type { StatsSummary } from './stats.ts'

/** `/metrics/resource` in the Prometheus text format: what metrics-server reads (KEP-727). */
export function resourceMetrics({ node, pods }: StatsSummary): string {
  const containers = pods.flatMap(({ podRef, containers: each }) => each.map((container) => ({ podRef, container })))
  const labelsOf = ({ podRef, container }: (typeof containers)[number]): string =>
    labels({ container: container.name, namespace: podRef.namespace, pod: podRef.name })
  return [
    ...family('node_cpu_usage_seconds_total', 'counter', 'CPU time used by the node in core-seconds', [
      ['', node.cpu.usageCoreNanoSeconds / 1e9],
    ]),
    ...family('node_memory_working_set_bytes', 'gauge', 'Memory in use by the node in bytes', [
      ['', node.memory.workingSetBytes],
    ]),
    ...family(
      'container_cpu_usage_seconds_total',
      'counter',
      'CPU time used by a container in core-seconds',
      containers.map((entry) => [labelsOf(entry), entry.container.cpu.usageCoreNanoSeconds / 1e9]),
    ),
    ...family(
      'container_memory_working_set_bytes',
      'gauge',
      'Memory in use by a container in bytes',
      containers.map((entry) => [labelsOf(entry), entry.container.memory.workingSetBytes]),
    ),
    ...family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'CPU time used by a pod in core-seconds',
      pods.map(({ podRef, cpu }) => [
        labels({ namespace: podRef.namespace, pod: podRef.name }),
        cpu.usageCoreNanoSeconds / 1e9,
      ]),
    ),
    ...family(
      'pod_memory_working_set_bytes',
      'gauge',
      'Memory in use by a pod in bytes',
      pods.map(({ podRef, memory }) => [
        labels({ namespace: podRef.namespace, pod: podRef.name }),
        memory.workingSetBytes,
      ]),
    ),
    ...family('scrape_error', 'gauge', '1 if the usage could not be read', [['', 0]]),
    '',
  ].join('\n')
}

function family(
  name: string,
  type: string,
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([text, value]) => `${name}${text} ${value}`),
  ]
}

const labels = (values: Record<string, string>): string =>
  `{${Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
