import { defineResource } from '../../resource.ts'
import type { PodTemplate } from '../../types/core.v1.ts'
import { labelsText, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { defaultPodTemplate } from './pod/defaults.ts'
import { validatePodTemplateSpec } from './pod/validate.ts'
import { podTemplateWarnings } from './pod/warnings.ts'

const templatePath = FieldPath.of('template')

export const podTemplates = defineResource<PodTemplate>('v1', 'podtemplates', {
  default: (object) => {
    object.template ??= {}
    defaultPodTemplate(object.template)
  },
  validate: ({ template }) => collect((errors) => validatePodTemplateSpec(template, templatePath, errors)),
  warnings: ({ template }, old) => podTemplateWarnings(template, 'template', old?.template),
  generation: ({ template }) => template,
  columns: [
    nameColumn,
    {
      header: 'Containers',
      cell: ({ template }) => template?.spec?.containers.map(({ name }) => name).join(',') ?? '',
    },
    { header: 'Images', cell: ({ template }) => template?.spec?.containers.map(({ image }) => image).join(',') ?? '' },
    { header: 'Pod Labels', cell: ({ template }) => labelsText(template?.metadata?.labels) },
  ],
})
