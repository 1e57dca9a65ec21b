import type {
  Container,
  EnvVar,
  EphemeralContainer,
  Lifecycle,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '../../../types/core.v1.ts'
import { roundUpToMilli } from '../resources.ts'
import { pullPolicyOf } from './image-name.ts'
import { defaultPodLevelResources } from './pod-level-resources.ts'
import { defaultVolumes } from './volume-defaults.ts'

/** Defaults of a pod itself; a template gets fewer (`defaultPodTemplate`), so that templates stay as they were given. */
export function defaultPod({ spec }: Pod): void {
  defaultPodSpec(spec)
  spec.containers?.forEach(requestWhatIsLimited)
  spec.initContainers?.forEach(requestWhatIsLimited)
  defaultPodLevelResources(spec)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) exposeHostPorts(spec)
}

/** Defaults of a template in a workload. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (!template) return
  template.spec ??= { containers: [] }
  defaultPodSpec(template.spec)
}

/** What every pod spec gets, in pods and in templates. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.containers ??= [] // Go's nil slice: validation asks for one, and everything before it reads on
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  syncServiceAccount(spec)
  roundUpToMilli(spec.overhead)
  if (spec.volumes) defaultVolumes(spec.volumes)
  spec.containers.forEach(defaultContainer)
  spec.initContainers?.forEach(defaultContainer)
  spec.ephemeralContainers?.forEach(defaultContainer)
}

/**
 * `serviceAccount` is the old name of `serviceAccountName`: both always say the same, the new one wins. That a name which is
 * not there is set and deleted is on purpose: V8 then holds the spec as a dictionary, which is written as JSON in three
 * quarters of the time, and frozen in as much.
 */
export function syncServiceAccount(spec: PodSpec): void {
  spec.serviceAccountName ||= spec.serviceAccount
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  else delete spec.serviceAccountName
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image)
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.ports?.forEach((port) => {
    port.protocol ||= 'TCP'
  })
  container.env?.forEach(defaultVariable)
  roundUpToMilli(container.resources?.limits)
  roundUpToMilli(container.resources?.requests)
  defaultProbe(container.livenessProbe)
  defaultProbe(container.readinessProbe)
  defaultProbe(container.startupProbe)
  if (container.lifecycle) defaultLifecycle(container.lifecycle)
}

function defaultVariable({ valueFrom }: EnvVar): void {
  if (!valueFrom) return
  if (valueFrom.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
  if (valueFrom.resourceFieldRef) valueFrom.resourceFieldRef.divisor ??= '0'
  if (valueFrom.fileKeyRef) valueFrom.fileKeyRef.optional ??= false
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.grpc) probe.grpc.service ??= ''
  defaultHttpGet(probe)
}

function defaultLifecycle({ postStart, preStop }: Lifecycle): void {
  defaultHttpGet(postStart)
  defaultHttpGet(preStop)
}

function defaultHttpGet(handler: Pick<LifecycleHandler, 'httpGet'> | undefined): void {
  const action = handler?.httpGet
  if (!action) return
  action.path ||= '/'
  action.scheme ||= 'HTTP'
}

/** A limit without a request is its own request. */
function requestWhatIsLimited({ resources }: Container): void {
  if (!resources?.limits) return
  resources.requests = { ...resources.limits, ...resources.requests }
}

function exposeHostPorts({ containers, initContainers = [] }: PodSpec): void {
  for (const container of [...containers, ...initContainers]) {
    container.ports?.forEach((port) => {
      port.hostPort ||= port.containerPort
    })
  }
}
