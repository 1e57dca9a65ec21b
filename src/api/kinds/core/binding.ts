import { defineResource } from '../../resource.ts'
import type { Binding } from '../../types/core.v1.ts'
import { collect } from '../validation/field-errors.ts'

/** A scheduler's choice of a node for a pod; never stored. Also the body of `pods/binding`. */
export const bindings = defineResource<Binding>('v1', 'bindings', {
  validate: ({ target }) =>
    collect((errors) => {
      if (target.kind && target.kind !== 'Node') errors.notSupported('target.kind', target.kind, ['Node', '<empty>'])
      if (!target.name) errors.required('target.name')
    }),
})
