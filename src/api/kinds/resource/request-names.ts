import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { DeviceClaim } from '../../types/resource.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label } from '../validation/names.ts'

/** The requests of a claim by name: `gpu`, and `gpu/large` for an alternative. */
export function requestNames(devices: DeepReadonly<DeviceClaim> | undefined): ReadonlySet<string> {
  const names = (devices?.requests ?? []).flatMap(({ name, firstAvailable = [] }) => [
    name,
    ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
  ])
  return new Set(names)
}

const UNKNOWN = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

export function checkRequestReference(
  name: string,
  known: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const parts = name.split('/')
  if (parts.length > 2) return errors.invalid(at, name, UNKNOWN)
  for (const part of parts) checkDns1123Label(part, at, errors)
  if (!known.has(name)) errors.invalid(at, name, UNKNOWN)
}
