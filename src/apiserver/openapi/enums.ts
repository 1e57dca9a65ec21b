import { type FieldSchema, schemaTable } from '../../api/schema/schema.ts'

/**
 * Go types whose values are published as an enumeration: those that k8s.io/api v1.36 marks with `+enum`. The values of other
 * named types, condition types for example, are examples of an open set.
 */
const ENUMERATIONS: ReadonlySet<string> = new Set([
  ...inVersions('v1', [
    ...[
      'AddressType',
      'AllocationConfigSource',
      'AppArmorProfileType',
      'AzureDataDiskCachingMode',
      'AzureDataDiskKind',
    ],
    ...['ClaimResourceStatus', 'CompletionMode', 'ConcurrencyPolicy', 'DNSPolicy', 'DaemonSetUpdateStrategyType'],
    ...['DeploymentStrategyType', 'DeviceAllocationMode', 'DeviceTaintEffect', 'DeviceTolerationOperator'],
    ...['FailurePolicyType', 'HostPathType', 'IPFamily', 'IPFamilyPolicy', 'KeyUsage', 'MatchPolicyType'],
    ...['MountPropagationMode', 'NamespacePhase', 'NodeInclusionPolicy', 'NodePhase', 'NodeSelectorOperator'],
    ...['OperationType', 'PatchType', 'PathType', 'PersistentVolumeAccessMode', 'PersistentVolumeClaimPhase'],
    ...['PersistentVolumeClaimModifyVolumeStatus', 'PersistentVolumeMode', 'PersistentVolumePhase'],
    ...['PersistentVolumeReclaimPolicy', 'PodFSGroupChangePolicy', 'PodFailurePolicyAction', 'PodManagementPolicyType'],
    ...['PodFailurePolicyOnExitCodesOperator', 'PodPhase', 'PodQOSClass', 'PodReplacementPolicy', 'PolicyType'],
    ...['PreemptionPolicy', 'ProcMountType', 'Protocol', 'PullPolicy', 'ReinvocationPolicyType', 'ResourceQuotaScope'],
    ...['RestartPolicy', 'ScopeSelectorOperator', 'ScopeType', 'SeccompProfileType', 'ServiceAffinity', 'ServiceType'],
    ...['ServiceExternalTrafficPolicy', 'ServiceInternalTrafficPolicy', 'SideEffectClass', 'Signal', 'TaintEffect'],
    ...['StatefulSetUpdateStrategyType', 'SupplementalGroupsPolicy', 'TerminationMessagePolicy', 'TolerationOperator'],
    ...['URIScheme', 'UnhealthyPodEvictionPolicyType', 'UnsatisfiableConstraintAction', 'ValidationAction'],
    ...['VolumeBindingMode'],
  ]),
  ...inVersions('v1alpha1', ['FailurePolicyType', 'MatchPolicyType', 'OperationType', 'ParameterNotFoundActionType']),
  ...inVersions('v1alpha1', ['PatchType', 'ReinvocationPolicyType', 'ScopeType', 'ValidationAction']),
  ...inVersions('v1alpha2', ['DisruptionMode']),
  ...inVersions('v1alpha3', ['DeviceTaintEffect']),
  ...inVersions('v1beta1', ['AllocationConfigSource', 'DeviceAllocationMode', 'DeviceTaintEffect', 'OperationType']),
  ...inVersions('v1beta1', ['DeviceTolerationOperator', 'PatchType', 'ReinvocationPolicyType', 'ScopeType']),
  ...inVersions('v1beta1', ['ValidationAction']),
  ...inVersions('v1beta2', ['AllocationConfigSource', 'DeviceAllocationMode', 'DeviceTaintEffect']),
  ...inVersions('v1beta2', ['DeviceTolerationOperator']),
])

function inVersions(version: string, names: readonly string[]): string[] {
  return names.map((name) => `${version}.${name}`)
}

/** Values that the schema table has with no field. */
const MORE_VALUES: Readonly<Record<string, readonly string[]>> = {
  AddressType: ['FQDN', 'IPv4', 'IPv6'],
  ClaimResourceStatus: [
    'ControllerResizeInProgress',
    'ControllerResizeInfeasible',
    'NodeResizeInProgress',
    'NodeResizeInfeasible',
    'NodeResizePending',
  ],
  DeviceAllocationMode: ['All', 'ExactCount'],
  DisruptionMode: ['Pod', 'PodGroup'],
  PathType: ['Exact', 'ImplementationSpecific', 'Prefix'],
}

/** The values that a field, or each item of it, may have, in alphabetical order; undefined where the set is open. */
export function enumerationOf({ name, goType, type }: FieldSchema): readonly string[] | undefined {
  // The table has no Go type for maps of named strings; there is one such field.
  if (name === 'allocatedResourceStatuses' && typeof type === 'object') return MORE_VALUES.ClaimResourceStatus
  const element = goType?.replace(/^\[\]/, '')
  return element && ENUMERATIONS.has(element) ? valuesOf(element.slice(element.indexOf('.') + 1)) : undefined
}

let valuesByType: Map<string, readonly string[]> | undefined

/** Later versions of a group may have the values where an earlier one has none: types are looked up without their version. */
function valuesOf(goType: string): readonly string[] | undefined {
  if (!valuesByType) {
    valuesByType = new Map(Object.entries(MORE_VALUES))
    for (const { fields = [] } of schemaTable().types.values()) {
      for (const { goType, values } of fields) {
        if (goType && values) valuesByType.set(goType.replace(/^.*\./, ''), [...values].sort())
      }
    }
  }
  return valuesByType.get(goType)
}
