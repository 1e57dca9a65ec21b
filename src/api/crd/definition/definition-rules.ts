import { semanticEqual } from '../../kinds/validation/equality.ts'
import { FieldPath } from '../../kinds/validation/field-path.ts'
import { compileRules } from '../rule-compiler.ts'
import type { RuleCompiler } from '../rules.ts'
import { hasDefault, isEmbedded, type Schema } from '../schema.ts'
import { hasUnknown } from './check-defaults.ts'
import { isKnownType, type SchemaRules } from './check-schema.ts'
import { type ConversionRules, caBundleProblem, isKnownReviewVersion } from './conversion.ts'
import { type Definition, internalSpec, schemasOf } from './internal-spec.ts'
import { MAX_SELECTABLE_FIELDS } from './json-paths.ts'
import { breaksKeyPresence, nonAtomicSet } from './list-and-map-types.ts'
import { anyNode } from './schema-walk.ts'
import { conversionProblem, structuralErrors } from './structural.ts'

/** Which rules apply to a definition: an update may keep what an earlier server let in. */
export interface DefinitionRules extends ConversionRules, Omit<SchemaRules, 'allowsRuleCost'> {
  readonly requiresSchema: boolean
  readonly requiresStructural: boolean
  readonly requiresPrunedDefaults: boolean
  /** Names of versions whose schema is as it was. */
  readonly unchangedVersions: ReadonlySet<string>
  /** Names of versions that had too many selectable fields and have the same still; '': those of all versions. */
  readonly allowsManySelectable: ReadonlySet<string>
}

export const isEstablished = ({ status }: Definition): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True')

export function rulesFor(
  definition: Definition,
  old: Definition | undefined,
  compiler: RuleCompiler = compileRules,
): DefinitionRules {
  if (!old) return { ...STRICT, compiler }
  const schemas = schemasOf(internalSpec(old.spec))
  const lacks = (broken: (node: Schema) => boolean) => !schemas.some((schema) => anyNode(schema, broken))
  return {
    compiler,
    requiresKnownReviewVersion: acceptsReviews(old),
    allowsInvalidCaBundle: mayKeepCaBundle(old),
    requiresSchema: old.spec.versions.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requiresKnownTypes: lacks(({ type }) => type !== undefined && type !== '' && !isKnownType(type)),
    requiresStructural: schemas.every(isStructural),
    requiresPrunedDefaults: !schemas.some((schema) => isStructural(schema) && hasUnprunedDefault(schema, true)),
    requiresAtomicSets: lacks((node) => nonAtomicSet(node) !== undefined),
    requiresMapListKeys: lacks(breaksKeyPresence),
    unchangedVersions: unchangedVersions(definition, old),
    allowsManySelectable: manySelectable(definition, old),
  }
}

const STRICT: Omit<DefinitionRules, 'compiler'> = {
  requiresKnownReviewVersion: true,
  allowsInvalidCaBundle: true, // until it is established
  requiresSchema: true,
  requiresKnownTypes: true,
  requiresStructural: true,
  requiresPrunedDefaults: true,
  requiresAtomicSets: true,
  requiresMapListKeys: true,
  unchangedVersions: new Set(),
  allowsManySelectable: new Set(),
}

export const isStructural = (schema: Schema): boolean =>
  conversionProblem(schema) === undefined && structuralErrors(schema, FieldPath.of('')).length === 0

function acceptsReviews({ spec }: Definition): boolean {
  const versions = spec.conversion?.webhook?.conversionReviewVersions ?? []
  return versions.length === 0 || versions.some(isKnownReviewVersion)
}

function mayKeepCaBundle(old: Definition): boolean {
  const bundle = old.spec.conversion?.webhook?.clientConfig?.caBundle
  return !isEstablished(old) || (bundle !== undefined && bundle !== '' && caBundleProblem(bundle) !== undefined)
}

/** Defaults within maps are forbidden elsewhere. */
function hasUnprunedDefault(schema: Schema, isRoot: boolean): boolean {
  const isResource = isRoot || isEmbedded(schema)
  if (hasDefault(schema) && hasUnknown(schema, schema.default, isResource)) return true
  const items = schema.items as Schema | undefined
  if (items && hasUnprunedDefault(items, false)) return true
  return Object.values(schema.properties ?? {}).some((property) => hasUnprunedDefault(property, false))
}

const versionOf = ({ spec }: Definition, wanted: string) => spec.versions?.find(({ name }) => name === wanted)

function unchangedVersions(definition: Definition, old: Definition): Set<string> {
  const names = (definition.spec.versions ?? []).map(({ name }) => name)
  return new Set(
    names.filter((name) => {
      const before = versionOf(old, name)
      return before !== undefined && semanticEqual(versionOf(definition, name)?.schema, before.schema)
    }),
  )
}

function manySelectable(definition: Definition, old: Definition): Set<string> {
  const { common } = internalSpec(definition.spec)
  const { common: oldCommon } = internalSpec(old.spec)
  const isKept = (now: readonly unknown[] = [], before: readonly unknown[] = []) =>
    before.length > MAX_SELECTABLE_FIELDS && semanticEqual(now, before)
  const names = (definition.spec.versions ?? []).map(({ name }) => name)
  return new Set([
    ...(isKept(common.selectableFields, oldCommon.selectableFields) ? [''] : []),
    ...names.filter((name) =>
      isKept(versionOf(definition, name)?.selectableFields, versionOf(old, name)?.selectableFields),
    ),
  ])
}
