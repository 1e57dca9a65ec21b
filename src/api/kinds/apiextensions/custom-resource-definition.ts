import { defineResource } from '../../resource.ts'
import type { CustomResourceDefinition } from '../../types/apiextensions.v1.ts'
import { collect } from '../validation/field-errors.ts'
import { checkDefinitionSpec, checkDefinitionUpdate } from './definition-spec.ts'

const HTTPS_PORT = 443

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Upstream: staging/src/k8s.io/apiextensions-apiserver. */
export const customResourceDefinitions = defineResource<CustomResourceDefinition>(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  {
    ownable: { status: { except: ['spec', 'metadata'] } },
    default: ({ spec }) => {
      const { names } = spec
      if (names?.kind) {
        names.singular ||= names.kind.toLowerCase()
        names.listKind ||= `${names.kind}List`
      }
      spec.conversion ??= { strategy: 'None' }
      const service = spec.conversion.webhook?.clientConfig?.service
      if (service) service.port ??= HTTPS_PORT
    },
    prepareCreate: (definition) => {
      const stored = definition.spec.versions?.filter(({ storage }) => storage).map(({ name }) => name) ?? []
      definition.status = { ...definition.status, storedVersions: stored }
    },
    prepareUpdate: (definition, { old, subresource }) => {
      if (subresource !== '') return
      const stored = new Set(old.status?.storedVersions ?? [])
      for (const { name, storage } of definition.spec.versions ?? []) if (storage) stored.add(name)
      definition.status = { ...definition.status, storedVersions: [...stored] }
    },
    validate: (definition) => collect((errors) => checkDefinitionSpec(definition, errors)),
    validateUpdate: (definition, { old, subresource }) =>
      subresource === '' ? collect((errors) => checkDefinitionUpdate(definition, old, errors)) : [],
    unconditionalUpdate: false,
    columns: [
      { header: 'Name', format: 'name', cell: ({ metadata }) => metadata.name },
      { header: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp },
    ],
  },
)
