/**
 * Generates the schema table and the TypeScript types of the Kubernetes API from facts:
 *
 *   tools/facts/api-v1.36.json        types, resources, list semantics, protobuf numbers
 *   tools/facts/go-fields-v1.36.json  field order and Go's zero-value rules (tools/extract-go-facts.ts)
 *   tools/facts/discovery.json        short names, categories, singular names
 *
 * into src/api/schema/generated/table.json and src/api/types/<group>.<version>.ts. For the next API version put its
 * facts beside these, change VERSION and run `npm run generate` again.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const VERSION = 'v1.36'

type TypeFact = string | { list: TypeFact } | { map: TypeFact } | { ref: string }
interface FieldFact {
  type: TypeFact
  required?: boolean
  values?: string[]
  [fact: string]: unknown
}
interface DefinitionFact {
  gvk?: { group: string; version: string; kind: string }[]
  protoMessage?: string
  scalar?: string
  mapType?: string
  unions?: unknown
  fields?: Record<string, FieldFact>
}
interface ResourceFact {
  groupVersion: string
  resource: string
  kind: string
  namespaced: boolean
  verbs: string[]
  subresources: Record<string, { verbs: string[]; kind: { group: string; version: string; kind: string } }>
}
type GoField = [name: string, flags: string, goType?: string]

const root = new URL('..', import.meta.url)
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as T

const facts = read<{ resources: ResourceFact[]; types: Record<string, DefinitionFact> }>(
  `tools/facts/api-${VERSION}.json`,
)
const goTypes = read<Record<string, GoField[]>>(`tools/facts/go-fields-${VERSION}.json`)
const discovery = read<{ groups: unknown[]; resources: DiscoveryFact[] }>('tools/facts/discovery.json')
interface DiscoveryFact {
  groupVersion: string
  name: string
  singularName?: string
  shortNames?: string[]
  categories?: string[]
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** The Go fields of a definition in wire order, embedded structs flattened in place. */
function goFields(definition: string): GoField[] {
  return (goTypes[definition] ?? []).flatMap((field): GoField[] => {
    const [name, flags] = field
    if (name !== '') return [field]
    if (flags.endsWith('TypeMeta'))
      return [
        ['kind', 'o'],
        ['apiVersion', 'o'],
      ]
    return goFields(embedded(definition, flags))
  })
}

/** `VolumeSource` beside `core.v1.Volume`, or `v1.Taint` and `metav1.ListMeta` from another package. */
function embedded(definition: string, goName: string): string {
  const [pkg, name] = goName.includes('.') ? goName.split('.') : [undefined, goName]
  if (pkg === undefined) return definition.replace(/[^.]+$/, name as string)
  const packages: Record<string, string> = {
    metav1: META,
    v1: 'io.k8s.api.core.v1.',
    corev1: 'io.k8s.api.core.v1.',
    admissionregistrationv1: 'io.k8s.api.admissionregistration.v1.',
  }
  return `${packages[pkg] ?? `unknown.${pkg}.`}${name}`
}

/** Some Go types are aliases of another version's: their order is that one's. */
function orderedFields(definition: string, fields: Record<string, FieldFact>): GoField[] {
  const known = goFields(definition).filter(([name]) => fields[name])
  const seen = new Set(known.map(([name]) => name))
  const rest = Object.keys(fields).filter((name) => !seen.has(name))
  return [...known, ...rest.map((name): GoField => [name, fields[name]?.required ? '' : 'o'])]
}

const isStruct = (type: TypeFact): boolean =>
  type === 'time' ||
  type === 'microtime' ||
  (typeof type === 'object' && 'ref' in type && facts.types[type.ref]?.fields !== undefined)

const isReference = (type: TypeFact): boolean =>
  typeof type === 'object' && ('ref' in type || ('list' in type && isReference(type.list)))

/** What Go's encoder does with the zero value of a field; see `ZeroRule` in src/api/schema/schema.ts. */
function zeroRule(type: TypeFact, flags: string): string {
  const pointer = flags.includes('p')
  const omitempty = flags.includes('o')
  const omitzero = flags.includes('z')
  if (pointer) return omitempty || omitzero ? 'keep' : 'null'
  if (omitzero) return 'drop'
  if (type === 'int-or-string' || type === 'quantity') return 'write' // structs: omitempty has no effect on them
  if (isStruct(type)) return type === 'time' || type === 'microtime' ? 'null' : 'write'
  return omitempty ? 'drop' : 'write'
}

/** Lists that are completed when they are missing, not when they are there and empty: that is for validation to refuse. */
const EMPTY_IS_GIVEN: ReadonlySet<string> = new Set(['io.k8s.api.autoscaling.v2.HPAScalingRules policies'])

function tableType(name: string, definition: DefinitionFact): unknown {
  if (!definition.fields) {
    return { scalar: definition.scalar, ...(definition.protoMessage && { protoMessage: definition.protoMessage }) }
  }
  const fields = definition.fields
  return {
    ...(definition.gvk && { gvk: definition.gvk }),
    ...(definition.protoMessage && { protoMessage: definition.protoMessage }),
    ...(definition.mapType && { mapType: definition.mapType }),
    ...(definition.unions ? { unions: definition.unions } : {}),
    fields: orderedFields(name, fields).map(([field, flags, goType]) => {
      const { type, ...markers } = fields[field] as FieldFact
      return {
        name: field,
        type,
        zero: EMPTY_IS_GIVEN.has(`${name} ${field}`) ? 'keep' : zeroRule(type, flags),
        ...(goType && !isReference(type) && { goType }),
        ...markers,
      }
    }),
  }
}

function tableResource(fact: ResourceFact): unknown {
  const known = discovery.resources.find(
    (entry) => entry.name === fact.resource && groupOf(entry.groupVersion) === groupOf(fact.groupVersion),
  )
  const [group, version] = splitGroupVersion(fact.groupVersion)
  return {
    group,
    version,
    plural: fact.resource,
    singular: fact.kind.toLowerCase(),
    kind: fact.kind,
    namespaced: fact.namespaced,
    verbs: fact.verbs
      .map(apiVerb)
      .concat(watchable(fact) ? ['watch'] : [])
      .sort(),
    ...(known?.shortNames && { shortNames: known.shortNames }),
    ...(known?.categories && { categories: known.categories }),
    subresources: Object.fromEntries(
      Object.entries(fact.subresources).map(([name, sub]) => [
        name,
        { verbs: sub.verbs.map(apiVerb).sort(), ...sub.kind },
      ]),
    ),
    type: definitionOf(group, version, fact.kind),
  }
}

const apiVerb = (method: string): string => ({ post: 'create', put: 'update' })[method] ?? method
const watchable = (fact: ResourceFact): boolean => fact.verbs.includes('list') && fact.resource !== 'componentstatuses'
const groupOf = (groupVersion: string): string => splitGroupVersion(groupVersion)[0]

function splitGroupVersion(groupVersion: string): [group: string, version: string] {
  const [first = '', second] = groupVersion.split('/')
  return second === undefined ? ['', first] : [first, second]
}

function definitionOf(group: string, version: string, kind: string): string {
  for (const [name, definition] of Object.entries(facts.types)) {
    const named = definition.gvk?.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind)
    if (named && name.endsWith(`.${kind}`)) return name
  }
  throw new Error(`no definition for ${group}/${version} ${kind}`)
}

// --- TypeScript types -------------------------------------------------------------------------------------------

/** `io.k8s.api.core.v1.Pod` → [`core.v1`, `Pod`]; what has no version of its own goes with meta.v1. */
function place(definition: string): [file: string, name: string] {
  const parts = definition.split('.')
  const name = parts.at(-1) as string
  const version = parts.at(-2) as string
  return /^v\d/.test(version)
    ? [`${parts.at(-3)}.${version}`, name]
    : ['meta.v1', name === 'Info' ? 'VersionInfo' : name]
}

const SCALARS: Record<string, string> = {
  string: 'string',
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  double: 'number',
  bytes: 'string',
  time: 'string',
  microtime: 'string',
  duration: 'string',
  quantity: 'Quantity',
  'int-or-string': 'IntOrString',
  object: 'Record<string, unknown>',
  any: 'unknown',
  'date-time': 'string',
}

class TypeFile {
  readonly imports = new Map<string, Set<string>>() // file → names
  readonly declarations: string[] = []
  readonly name: string
  constructor(name: string) {
    this.name = name
  }

  reference(file: string, name: string): string {
    if (file !== this.name) {
      const names = this.imports.get(file) ?? new Set()
      this.imports.set(file, names.add(name))
    }
    return name
  }

  typeText(type: TypeFact): string {
    if (typeof type === 'string') {
      const text = SCALARS[type] as string
      return text === 'Quantity' || text === 'IntOrString' ? this.reference('meta.v1', text) : text
    }
    if ('list' in type) return arrayOf(this.typeText(type.list))
    if ('map' in type) return `Record<string, ${this.typeText(type.map)}>`
    return this.reference(...place(type.ref))
  }

  text(): string {
    const imports = [...this.imports]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, names]) => `import type { ${[...names].sort().join(', ')} } from './${file}.ts'\n`)
    return `// Generated by tools/generate-schema.ts from the facts of the Kubernetes API ${VERSION}. Do not edit.\n${imports.join('')}\n${this.declarations.join('\n')}`
  }
}

const isList = (type: TypeFact): boolean => typeof type === 'object' && 'list' in type
const arrayOf = (element: string): string => (/^[\w]+$/.test(element) ? `${element}[]` : `Array<${element}>`)

/** Open sets whose `values` are examples only. */
const OPEN = /^(type|reason)$/

function fieldText(
  file: TypeFile,
  owner: DefinitionFact,
  name: string,
  field: FieldFact,
  scope: string | undefined,
): string {
  const key = /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`
  if (scope !== undefined && name === 'metadata') return `  metadata: ${file.reference('meta.v1', scope)}`
  const standing = owner.gvk !== undefined && (name === 'spec' || name === 'status' || name === 'items')
  const literal = field.values && !OPEN.test(name) ? field.values.map((value) => `'${value}'`).join(' | ') : undefined
  const ref = typeof field.type === 'object' && 'ref' in field.type ? place(field.type.ref) : undefined
  const text =
    ref?.[1] === 'ObjectMeta'
      ? file.reference('meta.v1', 'TemplateMeta')
      : literal === undefined
        ? file.typeText(field.type)
        : isList(field.type)
          ? arrayOf(literal)
          : literal
  return `  ${key}${field.required || standing ? '' : '?'}: ${text}`
}

function declaration(file: TypeFile, definition: string, fact: DefinitionFact): string {
  const [, name] = place(definition)
  if (!fact.fields) return `export type ${name} = ${SCALARS[fact.scalar as string]}\n`
  const resource = facts.resources.find((entry) =>
    fact.gvk?.some(
      (gvk) =>
        gvk.kind === entry.kind && splitGroupVersion(entry.groupVersion).join('/') === `${gvk.group}/${gvk.version}`,
    ),
  )
  const scope = !resource || !fact.fields.metadata ? undefined : resource.namespaced ? 'NamespacedMeta' : 'ObjectMeta'
  const fields = orderedFields(definition, fact.fields).map(([field]) =>
    fieldText(file, fact, field, fact.fields?.[field] as FieldFact, scope),
  )
  return `export interface ${name} {\n${fields.join('\n')}\n}\n`
}

/** Metadata as an object that the server answered with has it; what is submitted may lack most of it. */
const META_TYPES = `
/** Metadata of an object as served: identity is always there. */
export interface ObjectMeta extends TemplateMeta {
  name: string
  uid: string
  resourceVersion: string
  creationTimestamp: string
}

export interface NamespacedMeta extends ObjectMeta {
  namespace: string
}
`

const files = new Map<string, TypeFile>()
for (const [definition, fact] of Object.entries(facts.types)) {
  const [fileName, name] = place(definition)
  const file = files.get(fileName) ?? new TypeFile(fileName)
  files.set(fileName, file)
  if (name === 'Quantity' || name === 'IntOrString') {
    file.declarations.push(`export type ${name} = ${name === 'Quantity' ? 'string' : 'number | string'}\n`)
  } else if (definition === `${META}ObjectMeta`) {
    file.declarations.push(
      declaration(file, definition, fact).replace('interface ObjectMeta', 'interface TemplateMeta'),
    )
    file.declarations.push(META_TYPES)
  } else {
    file.declarations.push(declaration(file, definition, fact))
  }
}

const typesDir = new URL('src/api/types/', root)
rmSync(typesDir, { recursive: true, force: true })
mkdirSync(typesDir, { recursive: true })
for (const file of files.values()) writeFileSync(new URL(`${file.name}.ts`, typesDir), file.text())

const tableDir = new URL('src/api/schema/generated/', root)
mkdirSync(tableDir, { recursive: true })
const resourceLines = facts.resources.map((fact) => JSON.stringify(tableResource(fact)))
const typeLines = Object.entries(facts.types).map(
  ([name, fact]) => `${JSON.stringify(name)}:${JSON.stringify(tableType(name, fact))}`,
)
writeFileSync(
  new URL('table.json', tableDir),
  `{"version":"${VERSION}","groups":${JSON.stringify(discovery.groups)},"resources":[\n${resourceLines.join(',\n')}\n],"types":{\n${typeLines.join(',\n')}\n}}\n`,
)
console.log(`${facts.resources.length} resources, ${typeLines.length} types, ${files.size} files`)
