import type { Pod } from '../api/types/core.v1.ts'

/** A pod of about 10 KB of JSON, as one of a busy cluster is: several containers with many variables, and a full status. */
export function largePod(name = 'web-7d4b9c6f5d-x2x9q'): Pod {
  const containers = Array.from({ length: 4 }, (_, index) => ({
    name: `container-${index}`,
    image: `registry.example.com/team/application-${index}:v1.2.3`,
    ports: [{ name: 'http', containerPort: 8080 + index, protocol: 'TCP' }],
    env: Array.from({ length: 12 }, (_, at) => ({ name: `SETTING_NUMBER_${at}`, value: `value of setting ${at}` })),
    resources: { limits: { cpu: '500m', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/config' },
      { name: 'kube-api-access-abcde', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ],
    livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  }))
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: '2026-01-31T12:00:00Z',
  }))
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      generateName: 'web-7d4b9c6f5d-',
      namespace: 'production',
      uid: '2f9c8a44-9a3b-4f0f-8f55-0c6f7a2b9d11',
      resourceVersion: '123456',
      creationTimestamp: '2026-01-31T12:00:00Z',
      labels: { app: 'web', tier: 'frontend', 'pod-template-hash': '7d4b9c6f5d' },
      annotations: { 'example.com/checksum': 'a'.repeat(64), 'example.com/note': 'an annotation of some length' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9c6f5d', uid: 'u', controller: true },
      ],
    },
    spec: {
      volumes: [{ name: 'config', configMap: { name: 'web-config', defaultMode: 420 } }],
      containers,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      nodeName: 'node-1',
      securityContext: {},
      schedulerName: 'default-scheduler',
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    },
    status: {
      phase: 'Running',
      conditions,
      hostIP: '10.0.0.1',
      podIP: '10.244.0.17',
      podIPs: [{ ip: '10.244.0.17' }],
      startTime: '2026-01-31T12:00:00Z',
      containerStatuses: containers.map((container) => ({
        name: container.name,
        state: { running: { startedAt: '2026-01-31T12:00:05Z' } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: container.image,
        imageID: `${container.image}@sha256:${'0'.repeat(64)}`,
        containerID: `containerd://${'f'.repeat(64)}`,
        started: true,
      })),
      qosClass: 'Burstable',
    },
  }
  return pod as unknown as Pod
}
