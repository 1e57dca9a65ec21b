import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { EndpointPort } from '../../types/discovery.v1.ts'
import { checkRequiredChoice } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label, checkQualifiedName } from '../validation/names.ts'
import { portProtocols } from '../validation/ports.ts'

const MAX_PORTS = 20_000
const PORTS = FieldPath.of('ports')

export function checkEndpointPorts(
  ports: readonly DeepReadonly<EndpointPort>[] | null | undefined,
  errors: FieldErrors,
): void {
  const count = ports?.length ?? 0
  if (count > MAX_PORTS) return errors.tooMany(PORTS, count, MAX_PORTS)
  const names = new Set<string>()
  ports?.forEach(({ name = '', protocol, appProtocol }, index) => {
    const at = PORTS.index(index)
    if (name !== '') checkDns1123Label(name, at.child('name'), errors)
    if (names.has(name)) errors.duplicate(at.child('name'), name)
    names.add(name)
    checkRequiredChoice(protocol, portProtocols, at.child('protocol'), errors)
    if (appProtocol !== undefined) checkQualifiedName(appProtocol, at.child('appProtocol'), errors)
  })
}
