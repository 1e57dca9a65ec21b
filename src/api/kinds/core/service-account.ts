import { defineResource } from '../../resource.ts'
import type { ServiceAccount } from '../../types/core.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'

const ENFORCE_MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccounts = defineResource<ServiceAccount>('v1', 'serviceaccounts', {
  warnings: ({ metadata }, old) => {
    const isNew = old?.metadata.annotations?.[ENFORCE_MOUNTABLE] === undefined
    if (!isNew || metadata.annotations?.[ENFORCE_MOUNTABLE] === undefined) return []
    const advice = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets'
    return [`metadata.annotations[${ENFORCE_MOUNTABLE}]: ${advice}`]
  },
  columns: [nameColumn, { header: 'Secrets', cell: ({ secrets = [] }) => secrets.length }, ageColumn],
})
