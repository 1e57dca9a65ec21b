import { pathText } from '../../api/patch/apply/element.ts'
import { identityOf } from '../../api/patch/apply/managed-fields.ts'
import type { FieldConflict } from '../../api/patch/apply/managers.ts'
import { Reason, StatusError } from '../../api/status-error.ts'

/** 409 with a cause for each field that another manager owns. Upstream: NewConflictError of managedfields. */
export function applyConflict(conflicts: readonly FieldConflict[]): StatusError {
  return new StatusError({
    code: 409,
    reason: Reason.Conflict,
    message: conflictText(conflicts),
    details: {
      causes: conflicts.map(({ manager, path }) => ({
        reason: CONFLICT_CAUSE,
        message: `conflict with ${managerText(manager)}`,
        field: pathText(path),
      })),
    },
  })
}

const CONFLICT_CAUSE = 'FieldManagerConflict'

/** Whether an error is such a conflict, which trying again does not solve. */
export const isApplyConflict = (error: unknown): boolean =>
  error instanceof StatusError && error.details?.causes?.[0]?.reason === CONFLICT_CAUSE

function conflictText(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager)}: ${pathText(first.path)}`
  }
  const byManager = Map.groupBy(conflicts, ({ manager }) => manager)
  const lines = [...byManager.keys()].sort().flatMap((manager) => {
    const paths = (byManager.get(manager) ?? []).map(({ path }) => `- ${pathText(path)}`)
    return [`conflicts with ${managerText(manager)}:`, ...paths]
  })
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

/** `"kubectl"`, `"ctl" with subresource "status"`, `"editor" using apps/v1`. */
function managerText(id: string): string {
  const { manager = '', operation, apiVersion = '', subresource } = identityOf(id)
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

/** 500 of a configuration that the schema does not allow: upstream has no better word for it than its library's. */
export function untypedConfig(subject: string, why: string): StatusError {
  return failed(`failed to create typed patch object (${subject}): ${why}`)
}

export const failed = (message: string): StatusError => new StatusError({ code: 500, reason: Reason.Unknown, message })
