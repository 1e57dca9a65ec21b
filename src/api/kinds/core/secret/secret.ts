import { defineResource } from '../../../resource.ts'
import type { Secret } from '../../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { collect } from '../../validation/field-errors.ts'
import { checkImmutableData } from '../data.ts'
import { checkSecret } from './validate.ts'

export const secrets = defineResource<Secret>('v1', 'secrets', {
  default: defaultSecret,
  prepareUpdate: (secret, { old }) => {
    secret.type ||= old.type ?? ''
  },
  validate: (secret) => collect((errors) => checkSecret(secret, errors)),
  validateUpdate: (secret, { old }) =>
    collect((errors) => {
      if (secret.type !== old.type) errors.invalid('type', secret.type ?? '', 'field is immutable')
      checkImmutableData(secret, old, errors)
    }),
  selectableFields: { type: ({ type }) => type ?? '' },
  columns: [
    nameColumn,
    { header: 'Type', cell: ({ type }) => type ?? '' },
    { header: 'Data', cell: ({ data = {} }) => Object.keys(data).length },
    ageColumn,
  ],
})

/** `stringData` is for writing only: it goes into `data`, over what is there. */
function defaultSecret(secret: Secret): void {
  secret.type ||= 'Opaque'
  if (!secret.stringData) return
  secret.data ??= {}
  for (const key in secret.stringData) {
    secret.data[key] = Buffer.from(secret.stringData[key] as string).toString('base64')
  }
  delete secret.stringData
}
