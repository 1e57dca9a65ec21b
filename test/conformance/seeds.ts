import { TRUST_ANCHOR } from '../../src/testing/trust-anchor.ts'
/** The least that upstream takes for each kind: what an object has beside apiVersion, kind and its name. */
export type Seed = Readonly<Record<string, unknown>>

const podSpec = { containers: [{ name: 'main', image: 'test.local/main:1' }] }
const labels = { app: 'conformance' }
const selector = { matchLabels: labels }
const template = { metadata: { labels }, spec: podSpec }
const jobTemplate = { metadata: { labels }, spec: { ...podSpec, restartPolicy: 'Never' } }
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
const subjects = [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }]
const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const clientConfig = { url: 'https://hooks.example.com/' }
const webhook = { name: 'a.example.com', clientConfig, sideEffects: 'None', admissionReviewVersions: ['v1'] }
const policyMatch = { matchConstraints: { resourceRules } }
const applyConfiguration = { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' }
const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration }]
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01ISUNBUUF3RURFT01Bd0dBMVVFQXd3RmRHVnpkREV3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQgpCd05DQUFRTwotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K'
const pool = { name: 'pool-a', generation: 1, resourceSliceCount: 1 }
const exactly = { deviceClassName: 'gpu.example.com' }

/** By kind, where several versions agree; by `VERSION KIND`, where one is different. */
export const SEEDS: Readonly<Record<string, Seed>> = {
  MutatingAdmissionPolicy: { spec: { ...policyMatch, mutations, reinvocationPolicy: 'Never' } },
  MutatingAdmissionPolicyBinding: { spec: { policyName: 'policy' } },
  MutatingWebhookConfiguration: { webhooks: [webhook] },
  ValidatingWebhookConfiguration: { webhooks: [webhook] },
  ValidatingAdmissionPolicy: { spec: { ...policyMatch, validations: [{ expression: 'object.metadata.name != "x"' }] } },
  ValidatingAdmissionPolicyBinding: { spec: { policyName: 'policy', validationActions: ['Deny'] } },
  APIService: { spec: { group: 'metrics.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 } },
  ControllerRevision: { revision: 1, data: { spec: { replicas: 1 } } },
  DaemonSet: { spec: { selector, template } },
  Deployment: { spec: { selector, template } },
  ReplicaSet: { spec: { selector, template } },
  StatefulSet: { spec: { selector, template, serviceName: 'web' } },
  'autoscaling/v1 HorizontalPodAutoscaler': {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  HorizontalPodAutoscaler: {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 3 },
  },
  CronJob: { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: jobTemplate } } } },
  Job: { spec: { template: jobTemplate } },
  Lease: { spec: { holderIdentity: 'me' } },
  LeaseCandidate: {
    spec: {
      leaseName: 'turn',
      binaryVersion: '1.36.0',
      emulationVersion: '1.36.0',
      strategy: 'OldestEmulationVersion',
    },
  },
  EndpointSlice: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }] },
  FlowSchema: { spec: { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 9000 } },
  PriorityLevelConfiguration: {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } },
  },
  StorageVersion: { spec: {} },
  IngressClass: { spec: { controller: 'example.com/controller' } },
  Ingress: { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
  IPAddress: { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } } },
  NetworkPolicy: { spec: { podSelector: {} } },
  ServiceCIDR: { spec: { cidrs: ['10.200.0.0/24'] } },
  RuntimeClass: { handler: 'runc' },
  PodDisruptionBudget: { spec: { minAvailable: 1, selector } },
  ClusterRoleBinding: { roleRef: role, subjects },
  RoleBinding: { roleRef: role, subjects },
  ClusterRole: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  Role: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  DeviceTaintRule: { spec: { taint: { key: 'example.com/broken', effect: 'NoSchedule' } } },
  ResourcePoolStatusRequest: { spec: { driver: 'gpu.example.com' } },
  DeviceClass: { spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] } },
  ResourceClaim: { spec: { devices: { requests: [{ name: 'one', exactly }] } } },
  ResourceClaimTemplate: { spec: { spec: { devices: { requests: [{ name: 'one', exactly }] } } } },
  'resource.k8s.io/v1beta1 ResourceClaim': { spec: { devices: { requests: [{ name: 'one', ...exactly }] } } },
  'resource.k8s.io/v1beta1 ResourceClaimTemplate': {
    spec: { spec: { devices: { requests: [{ name: 'one', ...exactly }] } } },
  },
  ResourceSlice: { spec: { driver: 'gpu.example.com', pool, nodeName: 'node-a', devices: [{ name: 'gpu-0' }] } },
  'resource.k8s.io/v1beta1 ResourceSlice': {
    spec: { driver: 'gpu.example.com', pool, nodeName: 'node-a', devices: [{ name: 'gpu-0', basic: {} }] },
  },
  PodGroup: { spec: { schedulingPolicy: { basic: {} } } },
  Workload: { spec: { podGroupTemplates: [{ name: 'workers', schedulingPolicy: { basic: {} } }] } },
  PriorityClass: { value: 1000 },
  VolumeAttributesClass: { driverName: 'csi.example.com', parameters: { tier: 'gold' } },
  CSIDriver: { spec: {} },
  CSINode: { spec: { drivers: [{ name: 'csi.example.com', nodeID: 'a' }] } },
  CSIStorageCapacity: { storageClassName: 'fast' },
  StorageClass: { provisioner: 'csi.example.com' },
  VolumeAttachment: {
    spec: { attacher: 'csi.example.com', nodeName: 'node-a', source: { persistentVolumeName: 'pv' } },
  },
  StorageVersionMigration: { spec: { resource: { group: 'apps', resource: 'deployments' } } },
  ConfigMap: { data: { a: '1' } },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }] },
  'v1 Event': { involvedObject: { kind: 'Pod', namespace: 'conformance', name: 'a' }, reason: 'Made', type: 'Normal' },
  'events.k8s.io/v1 Event': {
    eventTime: '2026-01-02T03:04:05.000006Z',
    reportingController: 'example.com/controller',
    reportingInstance: 'a',
    action: 'Make',
    reason: 'Made',
    type: 'Normal',
    regarding: { kind: 'Pod', namespace: 'conformance', name: 'a' },
  },
  LimitRange: { spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
  Namespace: {},
  Node: {},
  PersistentVolumeClaim: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  PersistentVolume: {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv' } },
  },
  Pod: { spec: podSpec },
  PodTemplate: { template },
  ReplicationController: { spec: { selector: labels, template } },
  ResourceQuota: { spec: { hard: { pods: '5' } } },
  Secret: { data: { a: 'AQI=' } },
  ServiceAccount: {},
  Service: { spec: { selector: labels, ports: [{ port: 80 }] } },
  CertificateSigningRequest: { spec: { request, signerName: 'example.com/signer', usages: ['client auth'] } },
  PodCertificateRequest: {},
  ClusterTrustBundle: { spec: { trustBundle: TRUST_ANCHOR } },
  CustomResourceDefinition: {
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
}

/** Names that a kind demands. */
export const NAMES: Readonly<Record<string, string>> = {
  APIService: 'v1.metrics.example.com',
  CustomResourceDefinition: 'widgets.example.com',
  IPAddress: '10.96.1.1',
  StorageVersion: 'apps.deployments',
  ClusterTrustBundle: 'bundle',
}
