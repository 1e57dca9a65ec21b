import { type DeepReadonly, editable } from '../../../base/deep-readonly.ts'
import { defineResource, type UpdateContext } from '../../resource.ts'
import type { Node } from '../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkNetwork, isDualStack } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkResourceQuantity } from '../validation/quantities.ts'
import { roundUpToMilli } from './resources.ts'
import { checkTaints } from './taints.ts'

type ReadonlyNode = DeepReadonly<Node>

export const nodes = defineResource<Node>('v1', 'nodes', {
  default: defaultNode,
  validate: (node, old) => collect((errors) => checkNode(node, old, errors)),
  validateUpdate: (node, context) => collect((errors) => checkUpdate(node, context, errors)),
  // A kubelet registers itself together with its status: what is created keeps it, updates keep what is there.
  statusIsSeparate: false,
  prepareUpdate: (node, { old, subresource }) => {
    if (subresource === '') node.status = editable<Node['status']>(old.status)
  },
  selectsNoNamespace: true,
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  generation: false,
  columns: [
    nameColumn,
    { header: 'Status', cell: statusOf },
    { header: 'Roles', cell: rolesOf },
    ageColumn,
    { header: 'Version', cell: ({ status }) => status.nodeInfo?.kubeletVersion ?? '' },
    { header: 'Internal-IP', priority: 1, cell: (node) => addressOf(node, 'InternalIP') },
    { header: 'External-IP', priority: 1, cell: (node) => addressOf(node, 'ExternalIP') },
    { header: 'OS-Image', priority: 1, cell: ({ status }) => status.nodeInfo?.osImage || '<unknown>' },
    { header: 'Kernel-Version', priority: 1, cell: ({ status }) => status.nodeInfo?.kernelVersion || '<unknown>' },
    {
      header: 'Container-Runtime',
      priority: 1,
      cell: ({ status }) => status.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
})

function defaultNode({ spec, status }: Node): void {
  if (spec?.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR]
  if (spec?.podCIDRs?.length && !spec.podCIDR) spec.podCIDR = spec.podCIDRs[0] as string
  roundUpToMilli(status?.capacity)
  roundUpToMilli(status?.allocatable)
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity }
}

const taintsPath = FieldPath.of('metadata.taints')
const networksPath = FieldPath.of('spec.podCIDRs')

function checkNode(node: ReadonlyNode, old: ReadonlyNode | undefined, errors: FieldErrors): void {
  if (node.spec?.taints) checkTaints(node.spec.taints, taintsPath, errors)
  checkAmounts(node, errors)
  if (!old && node.spec?.podCIDRs) checkNetworks(node.spec.podCIDRs, errors)
}

function checkAmounts({ status }: ReadonlyNode, errors: FieldErrors): void {
  for (const field of ['capacity', 'allocatable'] as const) {
    const amounts = status?.[field]
    const at = FieldPath.of('status').child(field)
    for (const name in amounts) checkResourceQuantity(name, amounts[name] as string, at.child(name), errors)
  }
}

function checkNetworks(networks: readonly string[], errors: FieldErrors): void {
  networks.forEach((network, index) => {
    checkNetwork(network, networksPath.index(index), errors)
  })
  if (networks.length < 2) return
  if (networks.length > 2 || !isDualStack(networks)) {
    errors.invalid(networksPath, networks, 'may specify no more than one CIDR for each IP family')
  }
  networks.forEach((network, index) => {
    if (networks.indexOf(network) < index) errors.duplicate(networksPath.index(index), network)
  })
}

function checkUpdate(node: ReadonlyNode, { old, subresource }: UpdateContext<Node>, errors: FieldErrors): void {
  if (subresource === 'status') checkAmounts(node, errors)
  checkAddresses(node, errors)
  const networks = old.spec?.podCIDRs ?? []
  if (networks.length > 0 && !semanticEqual(networks, node.spec?.podCIDRs)) {
    errors.forbidden(networksPath, 'node updates may not change podCIDR except from "" to valid')
  }
  const provider = old.spec?.providerID
  if (provider && provider !== node.spec?.providerID) {
    errors.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')
  }
  if ((old.spec?.externalID ?? '') !== (node.spec?.externalID ?? '')) {
    errors.forbidden('spec.externalID', 'may not be updated')
  }
}

function checkAddresses({ status }: ReadonlyNode, errors: FieldErrors): void {
  const seen = new Set<string>()
  status?.addresses?.forEach(({ type, address }, index) => {
    const key = `${type} ${address}`
    if (seen.has(key)) errors.duplicate(FieldPath.of('status.addresses').index(index), { type, address })
    seen.add(key)
  })
}

function statusOf({ spec, status }: ReadonlyNode): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const text = !ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text
}

const ROLE_PREFIX = 'node-role.kubernetes.io/'
const ROLE = 'kubernetes.io/role'

function rolesOf({ metadata: { labels = {} } }: ReadonlyNode): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels)) {
    const role = key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === ROLE ? value : ''
    if (role !== '') roles.add(role)
  }
  return [...roles].sort().join(',') || '<none>'
}

function addressOf({ status }: ReadonlyNode, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>'
}
