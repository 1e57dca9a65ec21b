import type { ApiObject, ResourceDefinition } from '../resource.ts'
import { schemaTable } from '../schema/schema.ts'
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
} from './admissionregistration/mutating-admission-policy.ts'
import { mutatingWebhookConfigurations } from './admissionregistration/mutating-webhook-configuration.ts'
import {
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from './admissionregistration/validating-admission-policy.ts'
import { validatingWebhookConfigurations } from './admissionregistration/validating-webhook-configuration.ts'
import { customResourceDefinitions } from './apiextensions/custom-resource-definition.ts'
import { apiServices } from './apiregistration/api-service.ts'
import { storageVersions } from './apiserverinternal/storage-version.ts'
import { controllerRevisions } from './apps/controller-revision.ts'
import { daemonSets } from './apps/daemon-set.ts'
import { deployments } from './apps/deployment.ts'
import { replicaSets } from './apps/replica-set.ts'
import { statefulSets } from './apps/stateful-set.ts'
import { localSubjectAccessReviews, selfSubjectAccessReviews, subjectAccessReviews } from './authorization/reviews.ts'
import { horizontalPodAutoscalers } from './autoscaling/horizontal-pod-autoscaler.ts'
import { horizontalPodAutoscalersV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts'
import { cronJobs } from './batch/cron-job.ts'
import { jobs } from './batch/job.ts'
import { certificateSigningRequests } from './certificates/certificate-signing-request.ts'
import { clusterTrustBundles } from './certificates/cluster-trust-bundle.ts'
import { leases } from './coordination/lease.ts'
import { leaseCandidates } from './coordination/lease-candidate.ts'
import { bindings } from './core/binding.ts'
import { componentStatuses } from './core/component-status.ts'
import { configMaps } from './core/config-map.ts'
import { endpoints } from './core/endpoints.ts'
import { events } from './core/event.ts'
import { limitRanges } from './core/limit-range.ts'
import { namespaces } from './core/namespace.ts'
import { nodes } from './core/node.ts'
import { persistentVolumes } from './core/persistent-volume/persistent-volume.ts'
import { persistentVolumeClaims } from './core/persistent-volume-claim/persistent-volume-claim.ts'
import { pods } from './core/pod/pod.ts'
import { podTemplates } from './core/pod-template.ts'
import { replicationControllers } from './core/replication-controller.ts'
import { resourceQuotas } from './core/resource-quota.ts'
import { secrets } from './core/secret/secret.ts'
import { services } from './core/service/service.ts'
import { serviceAccounts } from './core/service-account.ts'
import { deprecationOf } from './deprecations.ts'
import { endpointSlices } from './discovery/endpoint-slice.ts'
import { newEvents } from './events/event.ts'
import { flowSchemas } from './flowcontrol/flow-schema.ts'
import { priorityLevelConfigurations } from './flowcontrol/priority-level-configuration.ts'
import { ingresses } from './networking/ingress.ts'
import { ingressClasses } from './networking/ingress-class.ts'
import { ipAddresses } from './networking/ip-address.ts'
import { networkPolicies } from './networking/network-policy.ts'
import { serviceCidrs } from './networking/service-cidr.ts'
import { runtimeClasses } from './node/runtime-class.ts'
import { podDisruptionBudgets } from './policy/pod-disruption-budget.ts'
import { clusterRoles } from './rbac/cluster-role.ts'
import { clusterRoleBindings } from './rbac/cluster-role-binding.ts'
import { roles } from './rbac/role.ts'
import { roleBindings } from './rbac/role-binding.ts'
import { deviceClasses } from './resource/device-class.ts'
import { deviceTaintRules } from './resource/device-taint-rule.ts'
import { resourceClaims, resourceClaimTemplates } from './resource/resource-claim.ts'
import { resourceSlices } from './resource/resource-slice.ts'
import { resourceClaimsV1beta1, resourceClaimTemplatesV1beta1, resourceSlicesV1beta1 } from './resource/v1beta1.ts'
import { priorityClasses } from './scheduling/priority-class.ts'
import { csiDrivers } from './storage/csi-driver.ts'
import { csiNodes } from './storage/csi-node.ts'
import { csiStorageCapacities } from './storage/csi-storage-capacity.ts'
import { storageClasses } from './storage/storage-class.ts'
import { volumeAttachments } from './storage/volume-attachment.ts'
import { volumeAttributesClasses } from './storage/volume-attributes-class.ts'
import { storageVersionMigrations } from './storagemigration/storage-version-migration.ts'

/**
 * The kinds that have rules of their own, one line each. A kind is `defineResource` in its file and a line here;
 * resources of the schema table that are not listed are served with the table's facts alone.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of definitions of different object types
const definitions: readonly ResourceDefinition<any>[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  customResourceDefinitions,
  apiServices,
  storageVersions,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  subjectAccessReviews,
  selfSubjectAccessReviews,
  localSubjectAccessReviews,
  horizontalPodAutoscalersV1,
  horizontalPodAutoscalers,
  cronJobs,
  jobs,
  certificateSigningRequests,
  clusterTrustBundles,
  leases,
  leaseCandidates,
  endpointSlices,
  newEvents,
  flowSchemas,
  priorityLevelConfigurations,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCidrs,
  runtimeClasses,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  deviceClasses,
  deviceTaintRules,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  resourceClaimsV1beta1,
  resourceClaimTemplatesV1beta1,
  resourceSlicesV1beta1,
  priorityClasses,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  storageVersionMigrations,
  services,
]

let resources: readonly ResourceDefinition[] | undefined

/**
 * Every built-in resource of every version in the schema table, in its order. Versions without a definition of their own
 * follow the rules of the kind's first one. Built once, on first use.
 */
export function builtinResources(): readonly ResourceDefinition[] {
  resources ??= merged()
  return resources
}

function merged(): ResourceDefinition[] {
  const known = new Map(
    definitions.map((definition) => [keyOf(definition), definition as ResourceDefinition<ApiObject>]),
  )
  const rulesOf = new Map([...known.values()].reverse().map((definition) => [kindOf(definition), definition.rules]))
  return schemaTable().resources.map((schema) => {
    const definition = known.get(keyOf(schema)) ?? { ...schema, rules: rulesOf.get(kindOf(schema)) ?? {} }
    const deprecationWarning = deprecationOf(schema)
    return deprecationWarning === undefined ? definition : { ...definition, deprecationWarning }
  })
}

const keyOf = ({ group, version, plural }: { group: string; version: string; plural: string }): string =>
  `${group}/${version}/${plural}`

const kindOf = ({ group, plural }: { group: string; plural: string }): string => `${group}/${plural}`
