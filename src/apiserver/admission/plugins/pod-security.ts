import { invalidObject } from '../../../api/field-error.ts'
import type { Namespace, Pod } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { createsPod, isAbout, refuse } from '../refuse.ts'
import { baselineChecks } from './pod-security/baseline.ts'
import type { Level, LevelVersion } from './pod-security/policy.ts'
import { labelErrors, policyOf, policyText } from './pod-security/policy.ts'
import { restrictedChecks } from './pod-security/restricted.ts'
import type { Check, Subject, Violation } from './pod-security/subject.ts'

const { capabilities: _caps, hostPathVolumes: _paths, seccomp: _seccomp, ...keptByRestricted } = baselineChecks
const CHECKS: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: Object.values(baselineChecks),
  restricted: [...Object.values(keptByRestricted), ...restrictedChecks],
}
const WORKLOADS: ReadonlySet<string> = new Set([
  '/replicationcontrollers',
  '/podtemplates',
  'apps/deployments',
  'apps/daemonsets',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/jobs',
  'batch/cronjobs',
])

/** Holds pods to the level that their namespace's labels name (Pod Security Standards); warns of templates that would fail. */
export function podSecurity({ namespaces }: Pick<AdmissionDeps, 'namespaces'>): AdmissionPlugin {
  const policyIn = (name: string) => policyOf(namespaces.get({ name })?.metadata.labels)
  return {
    name: 'PodSecurity',
    handles: (request) => createsPod(request) || changesContainers(request) || isWrite(request),
    validate(request) {
      if (isAbout(request, '', 'namespaces')) return refuseLabels(request)
      const policy = policyIn(request.namespace)
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
  (WORKLOADS.has(`${definition.group}/${definition.plural}`) ||
    (definition.group === '' && definition.plural === 'namespaces'))

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
