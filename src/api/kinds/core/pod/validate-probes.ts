import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ContainerPort, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../../types/core.v1.ts'
import { checkRequiredChoice, choices } from '../../validation/choices.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { httpHeaderErrors } from '../../validation/name-rules.ts'
import { checkNotNegative } from '../../validation/numbers.ts'
import { checkPortNumber, checkPortNumberOrName } from '../../validation/ports.ts'
import type { SpecContext } from './context.ts'
import { linuxSignals, windowsSignals } from './signals.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

type Handler = DeepReadonly<LifecycleHandler & Pick<Probe, 'grpc'>>
export type HostPort = Pick<ContainerPort, 'hostPort'>

const schemes = choices('HTTP', 'HTTPS')

/** Probes and hooks of a container that keeps running: a regular one or a sidecar. */
export function checkRunningContainer(container: ReadonlyContainer, at: FieldPath, context: SpecContext): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
  if (lifecycle) checkLifecycle(lifecycle, at.child('lifecycle'), context)
  if (livenessProbe) checkLivenessProbe(livenessProbe, at.child('livenessProbe'), context)
  if (readinessProbe) checkReadinessProbe(readinessProbe, at.child('readinessProbe'), context)
  if (startupProbe) checkLivenessProbe(startupProbe, at.child('startupProbe'), context)
}

/** Liveness and startup: one success is enough. */
function checkLivenessProbe(probe: DeepReadonly<Probe>, at: FieldPath, context: SpecContext): void {
  checkProbe(probe, at, context)
  if (probe.successThreshold !== 1) {
    context.errors.invalid(at.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1')
  }
}

function checkReadinessProbe(probe: DeepReadonly<Probe>, at: FieldPath, context: SpecContext): void {
  checkProbe(probe, at, context)
  if (probe.terminationGracePeriodSeconds === undefined) return
  const field = at.child('terminationGracePeriodSeconds')
  context.errors.invalid(field, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes')
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function checkProbe(probe: DeepReadonly<Probe>, at: FieldPath, context: SpecContext): void {
  checkHandler(probe, at, context)
  for (const field of counts) checkNotNegative(probe[field], at.child(field), context.errors)
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    context.errors.invalid(at.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0')
  }
}

function checkLifecycle(lifecycle: DeepReadonly<Lifecycle>, at: FieldPath, context: SpecContext): void {
  if (lifecycle.postStart) checkHandler(lifecycle.postStart, at.child('postStart'), context)
  if (lifecycle.preStop) checkHandler(lifecycle.preStop, at.child('preStop'), context)
  if (lifecycle.stopSignal) checkStopSignal(lifecycle.stopSignal, at.child('stopSignal'), context)
}

function checkStopSignal(signal: string, at: FieldPath, { spec, errors }: SpecContext): void {
  if (!spec.os) {
    errors.forbidden(at, 'may not be set for containers with empty `spec.os.name`')
    return
  }
  const signals = spec.os.name === 'windows' ? windowsSignals() : linuxSignals()
  if (!signals.has(signal)) errors.notSupported(at, signal, signals.listed)
}

const handlerTypes = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

/** Exactly one way to do it; what comes after the first is refused without a look. */
function checkHandler(handler: Handler, at: FieldPath, context: SpecContext): void {
  let found = false
  for (const type of handlerTypes) {
    if (handler[type] === undefined) continue
    if (found) context.errors.forbidden(at.child(type), 'may not specify more than 1 handler type')
    else checkAction(handler, type, at.child(type), context)
    found = true
  }
  if (!found) context.errors.required(at, 'must specify a handler type')
}

function checkAction(
  handler: Handler,
  type: (typeof handlerTypes)[number],
  at: FieldPath,
  { spec, errors }: SpecContext,
): void {
  if (type === 'exec' && !handler.exec?.command?.length) errors.required(at.child('command'))
  if (type === 'httpGet') checkHttpGet(handler.httpGet as DeepReadonly<HTTPGetAction>, at, errors)
  if (type === 'tcpSocket') checkPortNumberOrName(handler.tcpSocket?.port, at.child('port'), errors)
  if (type === 'grpc') checkPortNumber(handler.grpc?.port ?? 0, at.child('port'), errors)
  if (type === 'sleep') checkSleep(handler.sleep?.seconds ?? 0, spec.terminationGracePeriodSeconds, at, errors)
}

function checkHttpGet(action: DeepReadonly<HTTPGetAction>, at: FieldPath, errors: SpecContext['errors']): void {
  if (!action.path) errors.required(at.child('path'))
  checkPortNumberOrName(action.port, at.child('port'), errors)
  checkRequiredChoice(action.scheme, schemes, at.child('scheme'), errors)
  for (const { name } of action.httpHeaders ?? []) {
    errors.invalidAll(at.child('httpHeaders'), name, httpHeaderErrors(name))
  }
}

function checkSleep(seconds: number, grace: number | undefined, at: FieldPath, errors: SpecContext['errors']): void {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return
  errors.invalid(at, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)
}
