import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../types/apiextensions.v1.ts'
import { checkRequiredChoice, orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

const SPEC = FieldPath.of('spec')
const scopes = orderedChoices('Cluster', 'Namespaced')
const strategies = orderedChoices('None', 'Webhook')

/** The rules on a definition itself; those on the schemas inside belong to the custom resources feature. */
export function checkDefinitionSpec({ metadata, spec }: Definition, errors: FieldErrors): void {
  const { names, group } = spec
  if (metadata.name !== `${names?.plural}.${group}`) {
    errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')
  }
  checkGroup(group, errors)
  checkRequiredChoice(spec.scope, scopes, SPEC.child('scope'), errors)
  checkVersions(spec.versions ?? [], errors)
  checkNames(spec, errors)
  checkRequiredChoice(spec.conversion?.strategy, strategies, SPEC.child('conversion.strategy'), errors)
}

function checkGroup(group: string, errors: FieldErrors): void {
  if (!group) return errors.required(SPEC.child('group'))
  const problems = dns1123SubdomainErrors(group)
  if (problems.length > 0) errors.invalid(SPEC.child('group'), group, problems.join(','))
  else if (!group.includes('.')) errors.invalid(SPEC.child('group'), group, 'should be a domain with at least one dot')
}

function checkVersions(versions: readonly DeepReadonly<CustomResourceDefinitionVersion>[], errors: FieldErrors): void {
  const at = SPEC.child('versions')
  versions.forEach(({ name, schema }, index) => {
    const where = at.index(index)
    const problems = dns1123LabelErrors(name)
    if (problems.length > 0) errors.invalid(where.child('name'), name, problems.join(','))
    if (!schema?.openAPIV3Schema) errors.required(where.child('schema.openAPIV3Schema'), 'schemas are required')
  })
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.invalid(at, versions, 'must contain unique version names')
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.invalid(at, versions, 'must have exactly one version marked as storage version')
  }
}

function checkNames({ names }: Definition['spec'], errors: FieldErrors): void {
  const at = SPEC.child('names')
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names?.[field] ?? ''
    if (value === '') errors.required(at.child(field))
    else errors.invalidAll(at.child(field), value, dns1123LabelErrors(value.toLowerCase()))
  }
  if (names?.kind && names.kind === names.listKind) {
    errors.invalid(at.child('listKind'), names.listKind, 'kind and listKind may not be the same')
  }
}

/** Objects are stored under group and plural, within or without namespaces: that stays once they can exist. */
export function checkDefinitionUpdate({ spec, status }: Definition, old: Definition, errors: FieldErrors): void {
  checkImmutable(spec.group, old.spec.group, SPEC.child('group'), errors)
  const established = (old.status?.conditions ?? []).some((one) => one.type === 'Established' && one.status === 'True')
  if (established) {
    checkImmutable(spec.scope, old.spec.scope, SPEC.child('scope'), errors)
    checkImmutable(spec.names.kind, old.spec.names.kind, SPEC.child('names.kind'), errors)
  }
  checkImmutable(spec.names.plural, old.spec.names.plural, SPEC.child('names.plural'), errors)
  const names = new Set(spec.versions?.map(({ name }) => name))
  status?.storedVersions?.forEach((version, index) => {
    if (names.has(version)) return
    const why = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
    errors.invalid(FieldPath.of('status.storedVersions').index(index), version, why)
  })
}
