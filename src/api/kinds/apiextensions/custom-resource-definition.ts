import {
  defaultCustomResourceDefinition,
  definitionWarnings,
  validateCustomResourceDefinition,
  validateDefinitionStatus,
} from '../../crd/index.ts'
import { defineResource } from '../../resource.ts'
import type { CustomResourceDefinition } from '../../types/apiextensions.v1.ts'

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Upstream: staging/src/k8s.io/apiextensions-apiserver. */
export const customResourceDefinitions = defineResource<CustomResourceDefinition>(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  {
    ownable: { status: { except: ['spec', 'metadata'] } },
    default: defaultCustomResourceDefinition,
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
    validate: (definition, old) => validateCustomResourceDefinition(definition, old),
    validateUpdate: (definition, { subresource }) =>
      subresource === 'status' ? validateDefinitionStatus(definition) : [],
    warnings: definitionWarnings,
    unconditionalUpdate: false,
    columns: [
      { header: 'Name', format: 'name', cell: ({ metadata }) => metadata.name },
      { header: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp },
    ],
  },
)
