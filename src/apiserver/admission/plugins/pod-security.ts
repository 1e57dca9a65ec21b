import { invalidObject } from '../../../api/field-error.ts'
import type { Namespace, Pod } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { createsPod, isAbout, refuse } from '../refuse.ts'
import { baselineChecks } from './pod-security/baseline.ts'
import { Level, type LevelVersion, labelErrors, policyOf, policyText } from './pod-security/policy.ts'
import { restrictedChecks } from './pod-security/restricted.ts'
import type { Check, Subject, Violation } from './pod-security/subject.ts'

const { capabilities: _caps, hostPathVolumes: _paths, seccomp: _seccomp, ...keptByRestricted } = baselineChecks
const CHECKS: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: Object.values(baselineChecks),
  restricted: [...Object.values(keptByRestricted), ...restrictedChecks],
}
/** By group: what has a template of pods, and the namespaces, whose labels are the policy. */
const CHECKED: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['replicationcontrollers', 'podtemplates', 'namespaces']],
  ['apps', ['deployments', 'daemonsets', 'replicasets', 'statefulsets']],
  ['batch', ['jobs', 'cronjobs']],
])

/** Holds pods to the level that their namespace's labels name (Pod Security Standards); warns of templates that would fail. */
export function podSecurity({ namespaces, pods }: Pick<AdmissionDeps, 'namespaces' | 'pods'>): AdmissionPlugin {
  const policyIn = (name: string) => policyOf(namespaces.get({ name })?.metadata.labels)
  return {
    name: 'PodSecurity',
    handles: (request) => createsPod(request) || changesContainers(request) || isWrite(request),
    validate(request) {
      if (isAbout(request, '', 'namespaces')) {
        refuseLabels(request)
        return warnOfExisting(request, pods.list(request.name))
      }
      const policy = policyIn(request.namespace)
      if (policy.enforce.level === Level.Privileged && policy.warn.level === Level.Privileged) return
      const subject = subjectOf(request)
      if (!subject) return
      if (request.definition.group === '' && request.definition.plural === 'pods') {
        const broken = violations(subject, policy.enforce)
        if (broken.length > 0) throw refuse(request, `violates PodSecurity ${describe(policy.enforce, broken)}`)
      }
      const warned = violations(subject, policy.warn)
      if (warned.length > 0) request.warn(`would violate PodSecurity ${describe(policy.warn, warned)}`)
    },
  }
}

const changesContainers = (request: AdmissionRequest): boolean =>
  request.operation === 'UPDATE' && isAbout(request, '', 'pods', 'ephemeralcontainers')

const isWrite = ({ operation, definition, subresource }: AdmissionRequest): boolean =>
  (operation === 'CREATE' || operation === 'UPDATE') &&
  subresource === '' &&
  CHECKED.get(definition.group)?.includes(definition.plural) === true

function violations(subject: Subject, { level }: LevelVersion): Violation[] {
  return CHECKS[level].flatMap((check) => check(subject) ?? [])
}

function describe(level: LevelVersion, broken: readonly Violation[]): string {
  return `${policyText(level)}: ${broken.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')}`
}

function refuseLabels({ object }: AdmissionRequest): void {
  const { name, labels } = (object as Namespace).metadata
  const errors = labelErrors(labels)
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Namespace' }, name, errors)
}

/** When a namespace begins to enforce more: which of its pods would not be let in any more. They stay. */
function warnOfExisting(request: AdmissionRequest, pods: readonly DeepReadonly<Pod>[]): void {
  if (request.operation !== 'UPDATE') return
  const { enforce } = policyOf(request.object?.metadata.labels)
  const before = policyOf(request.old?.metadata.labels).enforce
  if (policyText(enforce) === policyText(before)) return
  const byReasons = new Map<string, string[]>()
  for (const { metadata, spec } of pods) {
    const broken = violations({ annotations: metadata.annotations ?? {}, spec }, enforce)
    const reasons = broken.map(({ reason }) => reason).join(', ')
    if (reasons !== '') byReasons.set(reasons, [...(byReasons.get(reasons) ?? []), metadata.name])
  }
  if (byReasons.size === 0) return
  const namespace = JSON.stringify(request.name)
  request.warn(
    `existing pods in namespace ${namespace} violate the new PodSecurity enforce level ${policyText(enforce)}`,
  )
  const lines = [...byReasons].map(([reasons, names]) => `${groupText(names.sort())}: ${reasons}`)
  for (const line of lines.sort()) request.warn(line)
}

function groupText([first = '', ...others]: string[]): string {
  if (others.length === 0) return first
  return `${first} (and ${others.length} other pod${others.length === 1 ? '' : 's'})`
}

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec?: DeepReadonly<Pod>['spec']
}

/** The pod of the request, or the template in it. */
function subjectOf({ object, definition }: AdmissionRequest): Subject | undefined {
  const { metadata, spec, template } = object as Template & { spec?: { template?: Template }; template?: Template }
  const nested = spec as { template?: Template; jobTemplate?: { spec?: { template?: Template } } } | undefined
  const found: Template | undefined =
    definition.plural === 'pods'
      ? { ...(metadata && { metadata }), ...(spec && { spec }) }
      : (template ?? nested?.template ?? nested?.jobTemplate?.spec?.template)
  return found?.spec && { annotations: found.metadata?.annotations ?? {}, spec: found.spec }
}
