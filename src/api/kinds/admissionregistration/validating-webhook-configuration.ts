import { defineResource } from '../../resource.ts'
import type { ValidatingWebhookConfiguration } from '../../types/admissionregistration.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { checkWebhooks, defaultWebhook } from './webhooks.ts'

/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. Upstream: pkg/apis/admissionregistration. */
export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>(
  'admissionregistration.k8s.io/v1',
  'validatingwebhookconfigurations',
  {
    default: ({ webhooks }) => {
      for (const webhook of webhooks ?? []) defaultWebhook(webhook)
    },
    validate: ({ webhooks }) => collect((errors) => checkWebhooks(webhooks, errors)),
    generation: ({ webhooks }) => webhooks,
    unconditionalUpdate: false,
    columns: [
      nameColumn,
      { header: 'Webhooks', type: 'integer', cell: ({ webhooks }) => webhooks?.length ?? 0 },
      ageColumn,
    ],
  },
)
