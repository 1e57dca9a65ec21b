import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { semanticEqual } from '../../kinds/validation/equality.ts'
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../types/apiextensions.v1.ts'
import type { Schema } from '../schema.ts'

export type Definition = DeepReadonly<CustomResourceDefinition>
export type Version = DeepReadonly<CustomResourceDefinitionVersion>
export type Conversion = DeepReadonly<CustomResourceConversion>

/** What versions may have in common. */
export type VersionParts = Pick<Version, 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'>

/**
 * A definition's spec as upstream's internal form has it, which the paths of errors show: what is the same in all versions
 * stands once, beside `versions` and not in them. A definition of a single version has all of it there.
 */
export interface InternalSpec extends Omit<Definition['spec'], 'versions'> {
  readonly common: VersionParts
  readonly versions: readonly Version[]
}

const PARTS = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export function internalSpec(spec: Definition['spec']): InternalSpec {
  const [first, ...others] = spec.versions ?? []
  if (!first) return { ...spec, common: {}, versions: [] }
  const common: Record<string, unknown> = {}
  const versions = spec.versions.map((version) => ({ ...version }) as Record<string, unknown>)
  for (const part of PARTS) {
    if (!others.every((version) => semanticEqual(version[part], first[part]))) continue
    if (first[part] !== undefined) common[part] = first[part]
    for (const version of versions) delete version[part]
  }
  return { ...spec, common: common as VersionParts, versions: versions as unknown as Version[] }
}

/** The schemas of a definition, each once where versions share one. */
export function schemasOf({ common, versions }: InternalSpec): Schema[] {
  return [common, ...versions].flatMap(({ schema }) => (schema?.openAPIV3Schema ? [schema.openAPIV3Schema] : []))
}
