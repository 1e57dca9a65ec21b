import { defineResource, NameRule } from '../../../resource.ts'
import type { Service } from '../../../types/core.v1.ts'
import { serviceColumns } from './columns.ts'
import { defaultService } from './defaults.ts'
import { prepareService, prepareServiceUpdate } from './strategy.ts'
import { validateService } from './validate.ts'
import { validateServiceUpdate } from './validate-update.ts'
import { serviceWarnings } from './warnings.ts'

/** Cluster IPs, node ports and IP families are allocated by the API server between `prepare…` and `validate`. */
export const services = defineResource<Service>('v1', 'services', {
  default: defaultService,
  prepareCreate: prepareService,
  prepareUpdate: prepareServiceUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  nameRule: NameRule.Dns1123Label,
  createOnUpdate: true,
  generation: false,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  columns: serviceColumns,
})
