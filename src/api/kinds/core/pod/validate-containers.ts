import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { ContainerPort, ContainerRestartRule } from '../../../types/core.v1.ts'
import { checkOptionalChoice, checkRequiredChoiceOf, choices, orderedChoices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkRequiredLabelOf } from '../../validation/names.ts'
import { checkPortNumber, portNameErrors, portProtocols } from '../../validation/ports.ts'
import { Seen } from '../../validation/seen.ts'
import type { SpecContext } from './context.ts'
import { checkEnvironment, checkEnvironmentFrom } from './validate-environment.ts'
import { checkMountsAndDevices } from './validate-mounts.ts'
import { checkRunningContainer } from './validate-probes.ts'
import { checkRequirements, checkResizePolicies } from './validate-resources.ts'
import { checkContainerSecurity } from './validate-security.ts'
import type { ReadonlyContainer } from './visit-containers.ts'

const messagePolicies = orderedChoices('File', 'FallbackToLogsOnError')
const pullPolicies = choices('Always', 'IfNotPresent', 'Never')
const restartPolicies = choices('Always', 'Never', 'OnFailure')

/** The regular containers: at least one, each name once. */
export function checkContainers(at: FieldPath, context: SpecContext): void {
  const { spec, errors } = context
  const containers = spec.containers ?? []
  if (containers.length === 0) return errors.required(at)
  const names = new Seen<string>()
  containers.forEach((container, index) => {
    const item = at.index(index)
    checkAnyContainer(container, item, context)
    if (names.has(container.name)) errors.duplicate(item.child('name'), container.name)
    names.add(container.name)
    checkRunningContainer(container, item, context)
    if (container.restartPolicy !== undefined || container.restartPolicyRules)
      checkRestartRules(container, item, errors)
  })
  checkHostPortsAreUnique(containers, at, errors)
}

/** Init containers: run one by one, except for sidecars (restartPolicy Always), which may have probes and hooks. */
export function checkInitContainers(at: FieldPath, context: SpecContext): void {
  const { spec, errors } = context
  if (!spec.initContainers?.length) return
  const names = new Set(spec.containers?.map(({ name }) => name))
  for (const [index, container] of spec.initContainers.entries()) {
    const item = at.index(index)
    checkAnyContainer(container, item, context)
    checkRestartRules(container, item, errors)
    if (names.has(container.name)) errors.duplicate(item.child('name'), container.name)
    else if (container.name) names.add(container.name)
    checkHostPortsAreUnique([container], at, errors)
    if (container.restartPolicy === 'Always') checkRunningContainer(container, item, context)
    else checkOnceRun(container, item, errors)
  }
}

const onlyForSidecars = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function checkOnceRun(container: ReadonlyContainer, at: FieldPath, errors: FieldErrors): void {
  for (const field of onlyForSidecars) {
    if (container[field] !== undefined) {
      errors.forbidden(at.child(field), 'may not be set for init containers without restartPolicy=Always')
    }
  }
  container.resizePolicy?.forEach(({ restartPolicy }, index) => {
    if (restartPolicy !== 'RestartContainer') return
    const problem = "must not be set to 'RestartContainer' for non-sidecar initContainers"
    errors.invalid(at.child('resizePolicy').index(index).child('restartPolicy'), restartPolicy, problem)
  })
}

/** What holds for containers of every sort. */
export function checkAnyContainer(container: ReadonlyContainer, at: FieldPath, context: SpecContext): void {
  const { errors, spec } = context
  checkRequiredLabelOf('name', container.name, at, errors)
  if (!container.image) errors.required(at.child('image'))
  checkRequiredChoiceOf('terminationMessagePolicy', container.terminationMessagePolicy, messagePolicies, at, errors)
  if (container.ports) checkPorts(container.ports, at.child('ports'), errors)
  if (container.env) checkEnvironment(container.env, at.child('env'), errors)
  if (container.envFrom) checkEnvironmentFrom(container.envFrom, at.child('envFrom'), errors)
  checkMountsAndDevices(container, at, context)
  checkRequiredChoiceOf('imagePullPolicy', container.imagePullPolicy, pullPolicies, at, errors)
  if (container.resources) checkRequirements(container.resources, context.claimNames, at.child('resources'), errors)
  const { resizePolicy } = container
  if (resizePolicy) checkResizePolicies(resizePolicy, spec.restartPolicy, at.child('resizePolicy'), errors)
  if (container.securityContext) checkContainerSecurity(container.securityContext, at.child('securityContext'), context)
}

/** Old templates may have such images; a pod could never run with one. */
export function checkImageHasNoPadding({ image = '' }: ReadonlyContainer, at: FieldPath, errors: FieldErrors): void {
  if (image.trim() !== image) errors.invalid(at.child('image'), image, 'must not have leading or trailing whitespace')
}

/** The same for each container of the list at `at`. */
export function checkImagesHaveNoPadding(
  containers: readonly ReadonlyContainer[],
  at: FieldPath,
  errors: FieldErrors,
): void {
  containers.forEach((container, index) => {
    checkImageHasNoPadding(container, at.index(index), errors)
  })
}

function checkPorts(ports: DeepReadonly<ContainerPort[]>, at: FieldPath, errors: FieldErrors): void {
  const names = new Seen<string>()
  ports.forEach((port, index) => {
    const item = at.index(index)
    if (port.name) checkPortName(port.name, names, item.child('name'), errors)
    if (!port.containerPort) errors.required(item.child('containerPort'))
    else checkPortNumber(port.containerPort, item.child('containerPort'), errors)
    if (port.hostPort) checkPortNumber(port.hostPort, item.child('hostPort'), errors)
    checkRequiredChoiceOf('protocol', port.protocol, portProtocols, item, errors)
  })
}

function checkPortName(name: string, names: Seen<string>, at: FieldPath, errors: FieldErrors): void {
  const problems = portNameErrors(name)
  if (problems.length > 0) errors.invalidAll(at, name, problems)
  else if (names.has(name)) errors.duplicate(at, name)
  else names.add(name)
}

function checkHostPortsAreUnique(containers: readonly ReadonlyContainer[], at: FieldPath, errors: FieldErrors): void {
  const taken = new Seen<string>()
  containers.forEach(({ ports }, index) => {
    ports?.forEach(({ hostPort, hostIP = '', protocol }, portIndex) => {
      if (!hostPort) return
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) errors.duplicate(at.index(index).child('ports').index(portIndex).child('hostPort'), key)
      taken.add(key)
    })
  })
}

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const ruleActions = choices('Restart', 'RestartAllContainers')
const exitCodeOperators = choices('In', 'NotIn')

/** A container's own restart policy, with exceptions by exit code (KEP-5307). */
function checkRestartRules(container: ReadonlyContainer, at: FieldPath, errors: FieldErrors): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container
  if (restartPolicy === undefined && rules.length > 0) {
    errors.required(at.child('restartPolicy'), 'must specify restartPolicy when restart rules are used')
  }
  checkOptionalChoice(restartPolicy, restartPolicies, at.child('restartPolicy'), errors)
  if (rules.length === 0) return
  const list = at.child('restartPolicyRules')
  if (rules.length > MAX_RULES) errors.tooMany(list, rules.length, MAX_RULES)
  for (const [index, rule] of rules.entries()) checkRestartRule(rule, list.index(index), errors)
}

function checkRestartRule(
  { action, exitCodes }: DeepReadonly<ContainerRestartRule>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  checkOptionalChoice(action, ruleActions, at.child('action'), errors)
  const field = at.child('exitCodes')
  if (!exitCodes) return errors.required(field, 'must be specified')
  checkOptionalChoice(exitCodes.operator, exitCodeOperators, field.child('operator'), errors)
  const count = exitCodes.values?.length ?? 0
  if (count > MAX_EXIT_CODES) errors.tooMany(field.child('values'), count, MAX_EXIT_CODES)
}
