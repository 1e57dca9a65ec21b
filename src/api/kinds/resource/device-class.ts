import { defineResource } from '../../resource.ts'
import type { DeviceClass } from '../../types/resource.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkQualifiedName } from '../validation/names.ts'

const MAX_ITEMS = 32
const SELECTORS = FieldPath.of('spec.selectors')

/** resource.k8s.io/v1 DeviceClass (KEP-4381). Upstream: pkg/apis/resource, pkg/registry/resource/deviceclass. */
export const deviceClasses = defineResource<DeviceClass>('resource.k8s.io/v1', 'deviceclasses', {
  validate: ({ spec }) =>
    collect((errors) => {
      const { selectors = [], config = [], extendedResourceName } = spec ?? {}
      if (selectors.length > MAX_ITEMS) errors.tooMany(SELECTORS, selectors.length, MAX_ITEMS)
      selectors.forEach(({ cel }, index) => {
        if (!cel) errors.required(SELECTORS.index(index).child('cel'))
      })
      if (config.length > MAX_ITEMS) errors.tooMany('spec.config', config.length, MAX_ITEMS)
      if (extendedResourceName) checkQualifiedName(extendedResourceName, 'spec.extendedResourceName', errors)
    }),
  columns: [nameColumn, ageColumn],
})
