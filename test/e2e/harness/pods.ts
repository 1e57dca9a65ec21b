import assert from 'node:assert/strict'
import type { Pod } from '../../../src/api/types/core.v1.ts'
import { eventually } from './eventually.ts'
import type { Kubectl } from './kubectl.ts'
import type { Part } from './manifests.ts'
import { pod, shell } from './manifests.ts'

export function isReady(kubectl: Kubectl, name: string): Promise<string> {
  return kubectl.run('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s')
}

/** What a shell script prints in a container of a running pod. */
export function inside(kubectl: Kubectl, name: string, script: string): Promise<string> {
  return kubectl.run('exec', name, '--', 'sh', '-c', script)
}

/** Runs a script in the pod `prints` to its end and answers what it printed. */
export async function printed(kubectl: Kubectl, script: string, main: Part = {}, spec: Part = {}): Promise<string> {
  const container = { ...shell(script), ...main }
  await kubectl.apply(pod('prints', { container, spec: { restartPolicy: 'Never', ...spec } }))
  await kubectl.run('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/prints', '--timeout=30s')
  return kubectl.run('logs', 'prints')
}

export async function statusOf(kubectl: Kubectl, name: string): Promise<Pod['status']> {
  return (await kubectl.get<Pod>('pod', name)).status
}

/** The status of a pod's first container. */
export async function mainOf(kubectl: Kubectl, name: string) {
  return (await statusOf(kubectl, name)).containerStatuses?.[0]
}

/** The events of an object that have this reason, a line each: `Warning: Back-off …`. */
export async function events(kubectl: Kubectl, name: string, reason: string): Promise<string> {
  const selector = `--field-selector=involvedObject.name=${name},reason=${reason}`
  return kubectl.run('get', 'events', selector, '-o', 'jsonpath={range .items[*]}{.type}: {.message}{"\\n"}{end}')
}

/** Waits until what is observed matches. */
export function sees(observe: () => Promise<string>, pattern: RegExp, withinMs = 30_000): Promise<void> {
  return eventually(async () => assert.match(await observe(), pattern), { withinMs })
}
