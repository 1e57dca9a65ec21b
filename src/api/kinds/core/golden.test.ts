import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { normalise } from '../../codec/normalise.ts'
import { type FieldError, invalidObject } from '../../field-error.ts'
import { validateObjectMeta } from '../../meta/validation.ts'
import type { ApiObject, ResourceDefinition } from '../../resource.ts'
import { builtinResources } from '../index.ts'

/** What a real API server answered to objects of the core group: the bodies sent, the objects or causes that came back. */
interface Step {
  readonly do: string
  readonly body?: ApiObject
  readonly expect?: { readonly status?: number; readonly body?: Answer }
}
interface Answer {
  readonly kind?: string
  readonly spec?: Record<string, unknown>
  readonly details?: { readonly causes?: readonly Cause[] }
}
interface Cause {
  readonly reason: string
  readonly message?: string
  readonly field?: string
}

const scenarios = new URL('../../../../test/golden/scenarios/', import.meta.url)
const files = existsSync(scenarios) ? readdirSync(scenarios) : []
/** Where other parts of the server have the last word: allocators, controllers, admission. */
const ELSEWHERE = /failed to allocate|provided port is|not in the valid range/
const CREATE = /^POST \/api\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/

/** Upstream says it otherwise now. */
const CHANGED_SINCE: Readonly<Record<string, string>> = {
  'validation-pod-spec 12': 'v1.28 names hostPort, the field that has to change',
  'validation-pod-spec 14': 'v1.32 gives the index of a host alias, v1.27 words bad addresses as everywhere',
  'validation-service 14': 'v1.27 allows externalTrafficPolicy with external addresses, and says so',
}

/** Not on the rules of kinds: metadata and decoding have tests of their own. */
const OTHER_PARTS = /^validation-(metadata|decode)|^crud-generatename/
const PARTS = /^(validation|crud|subresources|controllers|scheduler)-/

for (const file of files.filter((name) => PARTS.test(name) && !OTHER_PARTS.test(name))) {
  const { name, steps } = JSON.parse(readFileSync(new URL(file, scenarios), 'utf8')) as { name: string; steps: Step[] }
  const cases = steps.flatMap((step, index) => caseOf(name, step, index))
  if (cases.length === 0) continue
  test(`recorded: ${name}`, async (t) => {
    for (const { title, run } of cases) await t.test(title, run)
  })
}

function caseOf(scenario: string, step: Step, index: number): { title: string; run: () => void }[] {
  const path = CREATE.exec(step.do)
  const status = step.expect?.status
  const answer = step.expect?.body
  if (!path || !step.body || !answer || JSON.stringify(step.body).includes('$repeat')) return []
  const definition = builtinResources().find((entry) => entry.group === '' && entry.plural === path[2])
  if (!definition || ELSEWHERE.test(JSON.stringify(answer))) return []
  if (CHANGED_SINCE[`${scenario} ${index}`]) return []
  const title = `step ${index}: ${step.do}`
  const create = () => created(definition, step.body as ApiObject, path[1])
  if (status === 201) return [{ title, run: () => isAccepted(create(), answer) }]
  const causes = answer.details?.causes
  if (status !== 422 || !causes) return []
  return [{ title, run: () => isRefused(create().errors, causes) }]
}

interface Created {
  readonly object: ApiObject & { spec?: Record<string, unknown> }
  readonly errors: FieldError[]
}

/** As the API server makes an object: normalise, default, prepare, validate. */
function created(definition: ResourceDefinition, body: ApiObject, namespace: string | undefined): Created {
  const { object } = normalise<ApiObject & { status?: unknown }>(definition.type, structuredClone(body), {
    strict: 'Ignore',
  })
  if (namespace !== undefined) object.metadata.namespace ??= namespace
  const { rules } = definition
  rules.default?.(object)
  if (rules.statusIsSeparate ?? 'status' in definition.subresources) object.status = {}
  rules.prepareCreate?.(object)
  // The ServiceAccount admission plugin comes before validation.
  const spec = (object as Created['object']).spec
  if (definition.plural === 'pods' && spec) spec.serviceAccountName ??= 'default'
  const meta = { namespaced: definition.namespaced, nameRule: rules.nameRule }
  return { object, errors: [...validateObjectMeta(object.metadata, meta), ...(rules.validate?.(object) ?? [])] }
}

function isRefused(errors: readonly FieldError[], causes: readonly Cause[]) {
  const found = invalidObject({ group: '', kind: 'X' }, 'x', errors).details?.causes ?? []
  const unexpected = found.filter((cause) => !causes.some((expected) => isSame(cause, expected)))
  const missing = causes.filter((expected) => !found.some((cause) => isSame(cause, expected)))
  assert.deepEqual({ unexpected, missing }, { unexpected: [], missing: [] })
}

function isSame(cause: Partial<Cause>, expected: Cause): boolean {
  if (cause.field !== expected.field || cause.reason !== expected.reason) return false
  const parts = reworded(expected.message ?? '').split('<any>')
  const text = reworded(cause.message ?? '')
  return text.startsWith(parts[0] as string) && text.endsWith(parts.at(-1) as string)
}

/** What has been worded anew since the recording. */
function reworded(message: string): string {
  return message
    .replace(/supported values: .*/, 'supported values: …')
    .replace(/Too long: .*?(\d+).*/, 'Too long: $1')
    .replace(/( limit) of \S+$/, '$1')
    .replace('no more than 63 bytes', 'no more than 63 characters')
    .replace('no more than 253 bytes', 'no more than 253 characters')
}

/** Set by admission plugins, allocators and controllers. */
const OTHERS = new Set([
  'serviceAccountName',
  'serviceAccount',
  'tolerations',
  'priority',
  'preemptionPolicy',
  'priorityClassName',
  'volumes',
  'volumeMounts',
  'clusterIP',
  'clusterIPs',
  'ipFamilies',
  'ipFamilyPolicy',
  'nodePort',
  'healthCheckNodePort',
  'taints',
  'storageClassName',
  'overhead',
])

function isAccepted({ object, errors }: Created, answer: Answer) {
  assert.deepEqual(errors, [])
  if (answer.spec) assert.deepEqual(shared(object.spec, answer.spec), known(answer.spec))
}

/** The part of `value` that `shape` has too. */
function shared(value: unknown, shape: unknown): unknown {
  if (Array.isArray(shape)) return shape.map((item, index) => shared((value as unknown[] | undefined)?.[index], item))
  if (typeof shape !== 'object' || shape === null) return isPlaceholder(shape) ? shape : value
  const holder = (value ?? {}) as Record<string, unknown>
  const names = Object.keys(shape).filter((name) => !OTHERS.has(name))
  return Object.fromEntries(names.map((name) => [name, shared(holder[name], (shape as typeof holder)[name])]))
}

const known = (shape: unknown): unknown => shared(shape, shape)
const isPlaceholder = (value: unknown): boolean => value === null || (typeof value === 'string' && /^<.*>$/.test(value))
