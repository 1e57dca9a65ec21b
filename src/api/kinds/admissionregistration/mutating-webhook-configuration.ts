import { defineResource } from '../../resource.ts'
import type { MutatingWebhookConfiguration } from '../../types/admissionregistration.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { checkWebhooks, defaultWebhook } from './webhooks.ts'

/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. Upstream: pkg/apis/admissionregistration. */
export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>(
  'admissionregistration.k8s.io/v1',
  'mutatingwebhookconfigurations',
  {
    default: ({ webhooks }) => {
      for (const webhook of webhooks ?? []) {
        defaultWebhook(webhook)
        webhook.reinvocationPolicy ??= 'Never'
      }
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
