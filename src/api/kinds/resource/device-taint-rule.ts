import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { DeviceTaintRule, DeviceTaintSelector } from '../../types/resource.v1beta2.ts'
import { checkCsiDriverName } from '../core/volumes/validate-sources.ts'
import { checkMetaConditions } from '../validation/conditions.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Label } from '../validation/names.ts'
import { checkPoolName } from './device-names.ts'
import { checkDeviceTaint } from './tolerations.ts'

const SPEC = FieldPath.of('spec')
const CONDITIONS = FieldPath.of('status.conditions')
const MAX_CONDITIONS = 8

/** resource.k8s.io DeviceTaintRule (KEP-5055). Upstream: pkg/apis/resource. */
export const deviceTaintRules = defineResource<DeviceTaintRule>('resource.k8s.io/v1beta2', 'devicetaintrules', {
  validate: ({ spec }) =>
    collect((errors) => {
      checkSelector(spec?.deviceSelector, SPEC.child('deviceSelector'), errors)
      checkDeviceTaint(spec?.taint ?? { key: '' }, SPEC.child('taint'), errors)
    }),
  validateUpdate: ({ status }, { subresource }) =>
    subresource === 'status'
      ? collect((errors) => {
          const { conditions = [] } = status ?? {}
          checkMetaConditions(conditions, CONDITIONS, errors)
          if (conditions.length > MAX_CONDITIONS) errors.tooMany(CONDITIONS, conditions.length, MAX_CONDITIONS)
        })
      : [],
})

function checkSelector(selector: DeepReadonly<DeviceTaintSelector> | undefined, at: FieldPath, errors: FieldErrors) {
  const { driver, pool, device } = selector ?? {}
  if (driver !== undefined) checkCsiDriverName(driver, at.child('driver'), errors)
  if (pool !== undefined) checkPoolName(pool, at.child('pool'), errors)
  if (device !== undefined) checkDns1123Label(device, at.child('device'), errors)
}
