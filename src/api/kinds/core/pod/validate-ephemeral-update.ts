import { describeDifference } from '../../validation/difference.ts'
import { semanticEqual } from '../../validation/equality.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { MIRROR_POD } from './validate-annotations.ts'
import type { ReadonlyPod } from './validate-update.ts'

const FIELD = 'spec.ephemeralContainers'

/** Ephemeral containers are added one after the other; those that are there stay as they are. */
export function checkEphemeralContainersUpdate(pod: ReadonlyPod, old: ReadonlyPod, errors: FieldErrors): void {
  if (old.metadata.annotations?.[MIRROR_POD] !== undefined) {
    errors.list.length = 0
    return errors.forbidden('', 'static pods do not support ephemeral containers')
  }
  const byName = new Map(pod.spec.ephemeralContainers?.map((container) => [container.name, container]))
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = byName.get(before.name)
    const name = JSON.stringify(before.name)
    if (!after) errors.forbidden(FIELD, `existing ephemeral containers ${name} may not be removed\n`)
    else if (!semanticEqual(before, after)) {
      const difference = describeDifference(before, after)
      errors.forbidden(FIELD, `existing ephemeral containers ${name} may not be changed\n${difference}`)
    }
  }
}
