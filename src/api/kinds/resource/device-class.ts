import { defineResource } from '../../resource.ts'
import type { DeviceClass } from '../../types/resource.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { isExtendedResource } from '../validation/resource-names.ts'
import { checkSelectors, MAX_ITEMS } from './device-requests.ts'
import { checkEach } from './lists.ts'
import { checkOpaque } from './opaque-parameters.ts'

const SPEC = FieldPath.of('spec')

/** resource.k8s.io/v1 DeviceClass (KEP-4381). Upstream: pkg/apis/resource, pkg/registry/resource/deviceclass. */
export const deviceClasses = defineResource<DeviceClass>('resource.k8s.io/v1', 'deviceclasses', {
  validate: ({ spec }) =>
    collect((errors) => {
      const { selectors, config, extendedResourceName: name } = spec ?? {}
      checkSelectors(selectors, SPEC.child('selectors'), errors)
      checkEach(config, MAX_ITEMS, SPEC.child('config'), errors, ({ opaque }, at) => {
        checkOpaque(opaque, at.child('opaque'), errors)
      })
      if (name !== undefined && !isExtendedResource(name)) {
        errors.invalid(SPEC.child('extendedResourceName'), name, 'must be a valid extended resource name')
      }
    }),
  columns: [nameColumn, ageColumn],
})
