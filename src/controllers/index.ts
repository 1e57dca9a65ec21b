import type { Component } from '../base/component.ts'
import type { Discover } from '../client/discovery.ts'
import { bootstrapSigner } from './bootstrap-tokens/bootstrap-signer.ts'
import { tokenCleaner } from './bootstrap-tokens/token-cleaner.ts'
import { certificateApprovalController } from './certificates/certificate-approval.ts'
import { certificateCleaner } from './certificates/certificate-cleaner.ts'
import { certificateSigningController } from './certificates/certificate-signing.ts'
import { nodeCertificateApproval } from './certificates/node-certificate-approval.ts'
import type { SigningAuthority } from './certificates/sign.ts'
import { clusterDnsController } from './cluster-dns/cluster-dns.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation.ts'
import type { Controller } from './controller.ts'
import type { ControllerLoopDeps } from './controller-loop.ts'
import { ControllerLoop } from './controller-loop.ts'
import { cronJobController } from './cronjob/cronjob.ts'
import { daemonSetController } from './daemonset/daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { disruptionController } from './disruption/disruption.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/endpointslice-mirroring.ts'
import { GarbageCollector } from './garbage-collector/garbage-collector.ts'
import { jobController } from './job/job.ts'
import { localProvisioner } from './local-provisioner/local-provisioner.ts'
import { namespaceController } from './namespace/namespace.ts'
import { nodeIpamController } from './node-ipam/node-ipam.ts'
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle.ts'
import { podGarbageCollector } from './pod-gc/pod-gc.ts'
import { persistentVolumeBinder } from './pv-binder/pv-binder.ts'
import { pvProtectionController } from './pv-protection/pv-protection.ts'
import { pvcProtectionController } from './pvc-protection/pvc-protection.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { replicationController } from './replicationcontroller/replicationcontroller.ts'
import { ResourceQuotaController } from './resource-quota/resource-quota.ts'
import { rootCaPublisher } from './root-ca-publisher/root-ca-publisher.ts'
import { serviceCidrsController } from './service-cidrs/service-cidrs.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import { serviceAccountTokenController } from './serviceaccount-token/serviceaccount-token.ts'
import { statefulSetController } from './statefulset/statefulset.ts'
import { StorageVersionMigrator } from './storage-version-migrator/migrator.ts'
import { taintEvictionController } from './taint-eviction/taint-eviction.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts'

/** What some controllers need to know of the cluster. */
export interface ControllerOptions {
  /** The cluster CA, PEM. */
  readonly rootCa: string
  /** Signs the claims of a legacy service account token. */
  signToken(claims: Readonly<Record<string, string>>): Promise<string>
  /** The cluster CA with its key, PEM: signs the certificates that are asked for by CertificateSigningRequests. */
  signingAuthority(): SigningAuthority
  /** Whether an address is in the API server's own certificate. */
  isApiServer(address: string): boolean
  readonly discover: Discover
  /** Addresses of pods, of which each node gets a part. */
  readonly clusterCIDR: string
  readonly serviceCIDR: string
  /** The address by which pods reach the cluster's DNS. */
  readonly dnsIP: string
  /** Where nodes keep local volumes; absent in a cluster whose nodes keep none. */
  readonly localVolumesDir?: string
  /** Whether storagemigration.k8s.io/v1beta1 is served. */
  readonly storageVersionMigration?: boolean
}

/** Every controller, in no particular order: one line adds one. */
export function controllers(options: ControllerOptions): readonly Controller[] {
  const { rootCa, signToken, signingAuthority, discover, clusterCIDR, localVolumesDir } = options
  return [
    bootstrapSigner,
    certificateApprovalController,
    certificateCleaner,
    certificateSigningController(signingAuthority),
    clusterDnsController(options.dnsIP),
    clusterRoleAggregationController,
    cronJobController,
    daemonSetController(),
    deploymentController,
    disruptionController,
    endpointsController(),
    endpointSliceController(),
    endpointSliceMirroringController,
    jobController,
    ...(localVolumesDir ? [localProvisioner(localVolumesDir)] : []),
    namespaceController(discover),
    nodeCertificateApproval(options),
    nodeIpamController(clusterCIDR),
    nodeLifecycleController(),
    persistentVolumeBinder,
    podGarbageCollector(),
    pvProtectionController,
    pvcProtectionController,
    replicaSetController,
    replicationController,
    rootCaPublisher(rootCa),
    serviceAccountController,
    serviceAccountTokenController({ rootCa, sign: signToken }),
    serviceCidrsController,
    statefulSetController,
    taintEvictionController(),
    tokenCleaner,
    ttlAfterFinishedController,
  ]
}

/** The controllers as components; the caller runs them and the shared informers side by side. */
export function controllerComponents(options: ControllerOptions, deps: ControllerLoopDeps): readonly Component[] {
  const loops = controllers(options).map((controller) => new ControllerLoop(controller, deps))
  const { discover, storageVersionMigration } = options
  const migrator = storageVersionMigration ? [new StorageVersionMigrator({ ...deps, discover })] : []
  return [...loops, new GarbageCollector({ ...deps, discover }), new ResourceQuotaController(deps), ...migrator]
}
