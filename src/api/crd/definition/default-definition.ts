import type { CustomResourceDefinition } from '../../types/apiextensions.v1.ts'

const HTTPS_PORT = 443

/** Fills in the names that follow from the kind, the conversion and its port. Changes the definition. */
export function defaultCustomResourceDefinition({ spec }: CustomResourceDefinition): void {
  const { names } = spec
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase()
    names.listKind ||= `${names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= HTTPS_PORT
}
