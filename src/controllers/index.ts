import type { Component } from '../base/component.ts'
import type { Discover } from '../client/discovery.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/clusterrole-aggregation.ts'
import type { Controller } from './controller.ts'
import type { ControllerLoopDeps } from './controller-loop.ts'
import { ControllerLoop } from './controller-loop.ts'
import { cronJobController } from './cronjob/cronjob.ts'
import { daemonSetController } from './daemonset/daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { GarbageCollector } from './garbage-collector/garbage-collector.ts'
import { jobController } from './job/job.ts'
import { namespaceController } from './namespace/namespace.ts'
import { nodeIpamController } from './node-ipam/node-ipam.ts'
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle.ts'
import { replicaSetController } from './replicaset/replicaset.ts'
import { rootCaPublisher } from './root-ca-publisher/root-ca-publisher.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import { serviceAccountTokenController } from './serviceaccount-token/serviceaccount-token.ts'
import { statefulSetController } from './statefulset/statefulset.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts'

/** What some controllers need to know of the cluster. */
export interface ControllerOptions {
  /** The cluster CA, PEM. */
  readonly rootCa: string
  /** Signs the claims of a legacy service account token. */
  signToken(claims: Readonly<Record<string, string>>): Promise<string>
  readonly discover: Discover
  /** Addresses of pods, of which each node gets a part. */
  readonly clusterCIDR: string
}

/** Every controller, in no particular order: one line adds one. */
export function controllers({ rootCa, signToken, discover, clusterCIDR }: ControllerOptions): readonly Controller[] {
  return [
    clusterRoleAggregationController,
    cronJobController,
    daemonSetController(),
    deploymentController,
    endpointsController(),
    endpointSliceController(),
    jobController,
    namespaceController(discover),
    nodeIpamController(clusterCIDR),
    nodeLifecycleController(),
    replicaSetController,
    rootCaPublisher(rootCa),
    serviceAccountController,
    serviceAccountTokenController({ rootCa, sign: signToken }),
    statefulSetController,
    ttlAfterFinishedController,
  ]
}

/** The controllers as components; the caller runs them and the shared informers side by side. */
export function controllerComponents(options: ControllerOptions, deps: ControllerLoopDeps): readonly Component[] {
  const loops = controllers(options).map((controller) => new ControllerLoop(controller, deps))
  return [...loops, new GarbageCollector({ ...deps, discover: options.discover })]
}
