import { compare } from '../../api/patch/apply/compare.ts'
import { ElementError } from '../../api/patch/apply/element.ts'
import { difference, has } from '../../api/patch/apply/field-set.ts'
import { goJson } from '../../api/patch/apply/go-json.ts'
import type { FieldConflict } from '../../api/patch/apply/managers.ts'
import { toFieldSet } from '../../api/patch/apply/to-field-set.ts'
import { typeProblems } from '../../api/patch/apply/type-problems.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ManagedKind } from './managed-kind.ts'

/** Where kubectl keeps what was applied last on the client's side. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** The most that the annotations of an object may hold. */
const MAX_ANNOTATION_BYTES = 256 * 1024

/**
 * The conflicts that remain when the fields that kubectl applied on the client's side, and that are still as it applied them,
 * count as its own. Upstream: lastAppliedManager.
 */
export function allowedByLastApplied(
  conflicts: readonly FieldConflict[],
  live: DeepReadonly<ApiObject>,
  { apiVersion, type }: ManagedKind,
): readonly FieldConflict[] {
  const last = parsed(live.metadata.annotations?.[LAST_APPLIED])
  if (last?.apiVersion !== apiVersion || typeProblems(type, last).length > 0) return conflicts
  try {
    const { added, modified, removed } = compare(type, last, live)
    const own = difference(difference(difference(toFieldSet(type, last), modified), added), removed)
    return conflicts.filter(({ path }) => !has(own, path))
  } catch (error) {
    if (error instanceof ElementError) return conflicts
    throw error
  }
}

function parsed(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = text ? JSON.parse(text) : undefined
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * An object that has the annotation with what was applied now in it, so that client-side apply may go on from there. It
 * goes when the annotations would be too large. Upstream: lastAppliedUpdater.
 */
export function withLastApplied(object: ApiObject, config: JsonObject): ApiObject {
  const { annotations } = object.metadata
  if (!annotations?.[LAST_APPLIED]) return object
  const { [LAST_APPLIED]: _before, ...others } = annotations
  const all = { ...others, [LAST_APPLIED]: lastApplied(config) }
  const kept = sizeOf(all) > MAX_ANNOTATION_BYTES ? others : all
  return { ...object, metadata: { ...object.metadata, annotations: kept } }
}

const sizeOf = (annotations: Readonly<Record<string, string>>): number =>
  Object.entries(annotations).reduce((sum, [key, text]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text), 0)

/** The configuration without the annotation itself, as Go writes an object without type: names sorted, a line break behind. */
function lastApplied(config: JsonObject): string {
  const { metadata, ...fields } = config
  if (!isObject(metadata) || !isObject(metadata.annotations)) return `${sortedText(config)}\n`
  const { [LAST_APPLIED]: _itself, ...annotations } = metadata.annotations
  return `${sortedText({ ...fields, metadata: { ...metadata, annotations } })}\n`
}

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(',')}]`
  if (!isObject(value)) return goJson(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${goJson(name)}:${sortedText(value[name])}`).join(',')}}`
}
