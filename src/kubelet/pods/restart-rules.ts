import type { ContainerSpec, PodView } from './pod.ts'
import type { RuntimeContainer } from './runtime-pod.ts'

/**
 * Whether a container that is not running is to be run (again). The container's own restartPolicy and rules (KEP-5307)
 * come before the pod's.
 */
export function wantsRestart(pod: PodView, container: ContainerSpec, last: RuntimeContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false
  if (!last) return true
  if (last.state === 'running') return false
  if (last.state !== 'exited') return true
  const rule = container.restartPolicyRules?.find(({ exitCodes }) => matches(exitCodes, last.exitCode))
  if (rule) return rule.action === 'Restart'
  const policy = container.restartPolicy ?? pod.spec.restartPolicy
  if (policy === 'Never') return false
  return policy === 'OnFailure' ? last.exitCode !== 0 : true
}

/** Whether a container that is stopped for its own fault (a failed probe) comes back. */
export function restartsOnFailure(pod: PodView, container?: ContainerSpec): boolean {
  return (container?.restartPolicy ?? pod.spec.restartPolicy) !== 'Never'
}

type ExitCodes = NonNullable<NonNullable<ContainerSpec['restartPolicyRules']>[number]['exitCodes']>

function matches(exitCodes: ExitCodes | undefined, exitCode: number): boolean {
  if (!exitCodes) return false
  const listed = exitCodes.values?.includes(exitCode) ?? false
  return exitCodes.operator === 'In' ? listed : !listed
}
