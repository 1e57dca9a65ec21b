import type { AdmissionDeps } from './deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { certificateApproval } from './plugins/certificate-approval.ts'
import { certificateSigning } from './plugins/certificate-signing.ts'
import { certificateSubjectRestriction } from './plugins/certificate-subject-restriction.ts'
import { defaultIngressClass } from './plugins/default-ingress-class.ts'
import { defaultStorageClass } from './plugins/default-storage-class.ts'
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts'
import { limitRanger } from './plugins/limit-ranger.ts'
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts'
import { nodePartRestriction } from './plugins/node-part-restriction.ts'
import { nodeRestriction } from './plugins/node-restriction.ts'
import { claimResize } from './plugins/persistent-volume-claim-resize.ts'
import { podSecurity } from './plugins/pod-security.ts'
import { priority } from './plugins/priority.ts'
import { rbacEscalation } from './plugins/rbac-escalation.ts'
import { resourceQuota } from './plugins/resource-quota.ts'
import { runtimeClass } from './plugins/runtime-class.ts'
import { serviceAccount } from './plugins/service-account.ts'
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts'

/** What the handler calls: first all mutations, then all checks, each in order; a throw refuses the request. */
export interface Admission {
  mutate(request: AdmissionRequest): void | Promise<void>
  validate(request: AdmissionRequest): void | Promise<void>
}

/**
 * The plugins in upstream's order (kubeapiserver/options/plugins.go). Names in comments keep the places of those that are
 * on by default upstream and not here yet; those that are off by default have no place.
 */
export function admissionPlugins(deps: AdmissionDeps): AdmissionPlugin[] {
  return [
    rbacEscalation(deps), // upstream: in the registries of the RBAC kinds, ahead of all validation
    namespaceLifecycle(deps),
    limitRanger(deps),
    serviceAccount(deps),
    nodeRestriction(deps),
    nodePartRestriction, // not upstream's: holds a node's other parts to what is the node's, as the one before its kubelet
    taintNodesByCondition,
    podSecurity(deps),
    priority(deps),
    defaultTolerationSeconds,
    defaultStorageClass(deps),
    storageObjectInUseProtection,
    claimResize(deps),
    runtimeClass(deps),
    certificateApproval(deps),
    certificateSigning(deps),
    // ClusterTrustBundleAttest
    certificateSubjectRestriction,
    defaultIngressClass(deps),
    // PodTopologyLabels
    // MutatingAdmissionPolicy
    // MutatingAdmissionWebhook
    // ValidatingAdmissionPolicy
    // ValidatingAdmissionWebhook
    resourceQuota(deps), // last, because it counts what nothing else refused
  ]
}

export function createAdmission(deps: AdmissionDeps): Admission {
  const plugins = admissionPlugins(deps)
  const mutating = plugins.filter((plugin) => plugin.mutate)
  const validating = plugins.filter((plugin) => plugin.validate)
  return {
    mutate: (request) => runFrom(mutating, 0, request, (plugin) => plugin.mutate?.(request)),
    validate: (request) => runFrom(validating, 0, request, (plugin) => plugin.validate?.(request)),
  }
}

/** Runs plugins one after the other; stays synchronous until one has to wait, as hardly any ever does. */
function runFrom(
  plugins: readonly AdmissionPlugin[],
  start: number,
  request: AdmissionRequest,
  call: (plugin: AdmissionPlugin) => void | Promise<void>,
): void | Promise<void> {
  for (let index = start; index < plugins.length; index++) {
    const plugin = plugins[index]!
    if (!plugin.handles(request)) continue
    const waiting = call(plugin)
    if (waiting) return waiting.then(() => runFrom(plugins, index + 1, request, call))
  }
}
