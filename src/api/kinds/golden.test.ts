import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { normalise } from '../codec/normalise.ts'
import { type FieldError, invalidObject } from '../field-error.ts'
import { validateObjectMeta } from '../meta/validation.ts'
import type { ApiObject, ResourceDefinition } from '../resource.ts'
import { builtinResources } from './index.ts'

/**
 * Recorded conversations of a real API server about kinds outside the core group, played against the rules of the kinds
 * alone: what a create or update answers, in objects, causes and table cells.
 */
interface Step {
  readonly do: string
  readonly type?: string
  readonly body?: Record<string, unknown>
  readonly ignore?: readonly string[]
  readonly expect?: { readonly status?: number; readonly body?: Answer }
}
interface Answer {
  readonly kind?: string
  readonly details?: { readonly causes?: readonly Cause[] }
  readonly rows?: readonly { readonly cells: Record<string, unknown> }[]
}
interface Cause {
  readonly reason: string
  readonly message?: string
  readonly field?: string
}
type Stored = ApiObject & { spec?: unknown; status?: unknown }

/** Upstream does it otherwise since. */
const CHANGED_SINCE: Readonly<Record<string, string>> = {
  'crud-job': 'v1.27 selects by batch.kubernetes.io/controller-uid and marks no job-tracking',
  'crud-job-indexed': 'as crud-job',
  'controllers-job-complete': 'as crud-job',
  'crud-daemonset': 'v1.28 sets no hostPort in templates on the host network',
}

const scenarios = new URL('../../../test/golden/scenarios/', import.meta.url)
const PATH = /^(\w+) \/apis\/([^/]+)\/(v\d\w*)\/(?:namespaces\/([^/]+)\/)?([a-z]+)(?:\/([^/?]+))?$/
const PARTS = /^(validation|crud|read-table|controllers)-/
/** Steps about decoding and field ownership are not about kinds; neither are those of the CRD feature. */
const OTHER_PARTS = /decode|customresource/

for (const file of readdirSync(scenarios).filter((name) => PARTS.test(name) && !OTHER_PARTS.test(name))) {
  const { name, steps } = JSON.parse(readFileSync(new URL(file, scenarios), 'utf8')) as { name: string; steps: Step[] }
  if (CHANGED_SINCE[name] || !steps.some(({ do: line }) => PATH.test(line))) continue
  test(`recorded: ${name}`, async (t) => {
    const objects = new Map<string, Stored>()
    for (const [index, step] of steps.entries()) {
      const run = play(objects, step)
      if (run) await t.test(`step ${index}: ${step.do}`, run)
    }
  })
}

function play(objects: Map<string, Stored>, step: Step): (() => void) | undefined {
  const [, verb, group, version, namespace, plural, name] = PATH.exec(step.do) ?? []
  const answer = step.expect?.body
  const definition = builtinResources().find(
    (entry) => entry.group === group && entry.version === version && entry.plural === plural,
  )
  if (!definition?.verbs.includes('get') || !answer || JSON.stringify(step.body ?? {}).includes('$repeat'))
    return undefined
  const key = `${namespace}/${plural}/${name ?? (step.body?.metadata as { name?: string })?.name}`
  const old = objects.get(key)
  switch (verb) {
    case 'POST':
      return () => answered(objects, key, step, create(definition, step.body as unknown as ApiObject, namespace))
    case 'PUT':
      return old && (() => answered(objects, key, step, update(definition, step.body as unknown as Stored, old)))
    case 'PATCH':
      return old && (() => answered(objects, key, step, update(definition, patched(old, step), old)))
    case 'GET':
      return old && answer.rows ? () => isPrinted(definition, old, answer) : undefined
    default:
      return undefined
  }
}

const UID = '00000000-0000-4000-8000-000000000000'
const CREATED = '2024-01-01T00:00:00Z'

interface Outcome {
  readonly object: Stored
  readonly errors: readonly FieldError[]
}

function create(definition: ResourceDefinition, body: ApiObject, namespace: string | undefined): Outcome {
  const { rules } = definition
  const object = decoded(definition, body)
  if (namespace !== undefined) object.metadata.namespace ??= namespace
  if (rules.statusIsSeparate ?? 'status' in definition.subresources) object.status = {}
  object.metadata.uid = UID
  object.metadata.creationTimestamp = CREATED
  rules.prepareCreate?.(object)
  const meta = { namespaced: definition.namespaced, nameRule: rules.nameRule }
  const errors = [...validateObjectMeta(object.metadata, meta), ...(rules.validate?.(object) ?? [])]
  return { object: again(definition, object), errors }
}

function update(definition: ResourceDefinition, body: Stored, old: Stored): Outcome {
  const { rules } = definition
  const object = decoded(definition, body)
  object.metadata = { ...object.metadata, uid: old.metadata.uid as string, namespace: old.metadata.namespace as string }
  if (rules.statusIsSeparate ?? 'status' in definition.subresources) object.status = old.status
  const context = { old, subresource: '' }
  rules.prepareUpdate?.(object, context)
  const errors = [...(rules.validate?.(object, old) ?? []), ...(rules.validateUpdate?.(object, context) ?? [])]
  return { object: again(definition, object), errors }
}

function decoded(definition: ResourceDefinition, body: unknown): Stored {
  const { object } = normalise<Stored>(definition.type, structuredClone(body), { strict: 'Ignore' })
  definition.rules.default?.(object)
  return object
}

/** As it is read back: with the zero values that Go writes. */
const again = (definition: ResourceDefinition, object: Stored): Stored =>
  normalise<Stored>(definition.type, structuredClone(object), { strict: 'Ignore' }).object

function patched(old: Stored, { type = '', body }: Step): Stored {
  const target = structuredClone(old) as unknown as Record<string, unknown>
  if (!Array.isArray(body)) return merged(target, body ?? {}) as unknown as Stored
  assert.match(type, /json-patch/)
  for (const { path, value } of body as { path: string; value: unknown }[]) {
    const steps = path.slice(1).split('/')
    const last = steps.pop() as string
    const holder = steps.reduce((at, key) => at[key] as Record<string, unknown>, target)
    holder[last] = value
  }
  return target as unknown as Stored
}

function merged(target: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key]
    else if (typeof value !== 'object' || Array.isArray(value)) target[key] = value
    else target[key] = merged((target[key] ?? {}) as Record<string, unknown>, value as Record<string, unknown>)
  }
  return target
}

function answered(objects: Map<string, Stored>, key: string, step: Step, { object, errors }: Outcome): void {
  const { status, body = {} } = step.expect ?? {}
  if (status === 422) return isRefused(errors, body.details?.causes ?? [])
  if (status !== 200 && status !== 201) return
  assert.deepEqual(errors, [])
  objects.set(key, object)
  const ignored = new Set(['metadata', ...(step.ignore ?? []).map((path) => path.split('/')[1] as string)])
  const parts = Object.fromEntries(Object.entries(body).filter(([field]) => !ignored.has(field)))
  assert.deepEqual(shared(object, parts), known(parts))
}

function isRefused(errors: readonly FieldError[], causes: readonly Cause[]): void {
  const found = invalidObject({ group: '', kind: 'X' }, 'x', errors).details?.causes ?? []
  const unexpected = found.filter((cause) => !causes.some((expected) => isSame(cause, expected)))
  const own = causes.filter(({ field }) => field !== 'metadata.resourceVersion') // the generic part's
  const missing = own.filter((expected) => !found.some((cause) => isSame(cause, expected)))
  assert.deepEqual({ unexpected, missing }, { unexpected: [], missing: [] })
}

function isSame(cause: Partial<Cause>, expected: Cause): boolean {
  if (cause.field !== expected.field || cause.reason !== expected.reason) return false
  const parts = reworded(expected.message ?? '').split('<any>')
  const text = reworded(cause.message ?? '')
  return text.startsWith(parts[0] as string) && text.endsWith(parts.at(-1) as string)
}

/** What has been worded anew since the recording: more values are supported, limits are told in bytes. */
function reworded(message: string): string {
  return message.replace(/supported values: .*/, 'supported values: …').replace(/Too long: .*?(\d+).*/, 'Too long: $1')
}

function isPrinted({ rules }: ResourceDefinition, object: Stored, { rows }: Answer): void {
  const now = Date.parse(object.metadata.creationTimestamp ?? '') || 0
  const cells = Object.fromEntries((rules.columns ?? []).map(({ header, cell }) => [header, cell(object, now)]))
  assert.deepEqual(shared(cells, rows?.[0]?.cells), known(rows?.[0]?.cells))
}

/** Set by admission plugins and controllers. */
const OTHERS = new Set(['serviceAccountName', 'serviceAccount', 'storageClassName', 'Age', 'Created At'])

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
