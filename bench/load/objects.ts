const PADDING = 'x'.repeat(800)

/** A ConfigMap of about 1 KB as JSON. One in ten has the label `bench: tenth`. */
export function configMap(name: string, index: number, data: Record<string, string> = {}): string {
  const labels = index % 10 === 0 ? { bench: 'tenth' } : { bench: 'other' }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    data: { ...data, padding: PADDING },
  })
}

/** A Pod of about 1 KB that no scheduler takes. */
export const pod = (name: string): string => podFor('nobody', name)

/** One that the cluster's own scheduler looks at. */
export const scheduledPod = (name: string): string => podFor('default-scheduler', name)

const podFor = (schedulerName: string, name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'bench', tier: 'load' } },
    spec: {
      schedulerName,
      containers: [
        {
          name: 'main',
          image: 'registry.example/bench:1',
          args: ['--verbose', '--listen=:8080'],
          env: [{ name: 'PADDING', value: PADDING.slice(0, 300) }],
          ports: [{ containerPort: 8080, name: 'http' }],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
        },
      ],
    },
  })
