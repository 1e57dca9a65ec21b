/**
 * Reads the Go struct declarations of an API source tree and prints what JSON on the wire depends on and the API
 * description does not say: the order of fields, whether a field is a pointer, omitempty or omitzero, and the names of
 * types that are strings, numbers, lists or maps underneath (decoding errors show them).
 * Facts only; no text of the sources is taken over.
 *
 *     tools/run tools/extract-go-facts.ts OUT.json GROUP_PREFIX=DIR…
 *
 * Each DIR holds `…/types*.go`; a type's name in the output is GROUP_PREFIX + package path in dots + type name,
 * as in the API description (`io.k8s.api.` + `core.v1.` + `Pod`).
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

/**
 * `[jsonName, flags]`: p pointer, o omitempty, z omitzero; a third item is the Go type, as `v1.PodPhase`, where it has a
 * name and is no struct. `['', typeName]` is an embedded struct.
 */
type GoField = [name: string, flags: string, goType?: string]

const [out, ...sources] = process.argv.slice(2)
if (!out || sources.length === 0) {
  console.error('usage: extract-go-facts OUT.json PREFIX=DIR…')
  process.exit(2)
}

const STRUCT = /^type (\w+) struct \{\n([\s\S]*?)^\}/gm
const FIELD = /^\s+(?:(\w+)\s+)?(\*?)([\w.[\]*]+)\s+`([^`]*)`/

const NAMED_SCALAR = /^type (\w+) (?:string|bool|u?int\d*|byte|map\[|\[\])/gm

/** Names of all types that are no structs; names are unique enough that their package does not matter. */
const scalars = new Set<string>()

/** `v1.PodPhase` or `[]v1.PodPhase` for a named type that is no struct, as Go prints it from outside its package. */
function namedType(type: string, pkg: string): string | undefined {
  const [, list = '', alias, name = ''] = /^(\[\])?(?:(\w+)\.)?(\w+)$/.exec(type) ?? []
  if (!scalars.has(name)) return undefined
  const from = alias?.replace(/^\w+(v\d\w*)$/, '$1') ?? pkg.split('.').at(-1)
  return `${list}${from}.${name}`
}

function structFields(body: string, pkg: string): GoField[] {
  const fields: GoField[] = []
  for (const line of body.split('\n')) {
    const match = FIELD.exec(line)
    if (!match) continue
    const [, , pointer, type, tags] = match
    const json = /json:"([^"]*)"/.exec(tags ?? '')?.[1]
    if (json === undefined) continue
    const [name, ...options] = json.split(',')
    if (name === '-') continue
    if (options.includes('inline') || name === '') fields.push(['', type as string])
    else fields.push([name as string, flagsOf(pointer === '*', options), ...namedOnly(namedType(type as string, pkg))])
  }
  return fields
}

const namedOnly = (type: string | undefined): [] | [string] => (type === undefined ? [] : [type])

function flagsOf(pointer: boolean, options: string[]): string {
  return (pointer ? 'p' : '') + (options.includes('omitempty') ? 'o' : '') + (options.includes('omitzero') ? 'z' : '')
}

for (const source of sources) {
  for (const file of globSync(`${source.split('=')[1]}/**/*.go`)) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(NAMED_SCALAR)) scalars.add(name as string)
  }
}

const types: Record<string, GoField[]> = {}
for (const source of sources) {
  const [prefix = '', dir = ''] = source.split('=')
  for (const file of globSync(`${dir}/**/*types*.go`).filter((name) => !name.endsWith('_test.go'))) {
    const pkg = relative(dir, dirname(file)).replaceAll('/', '.')
    const text = readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, '')
    for (const [, name, body] of text.matchAll(STRUCT)) {
      const fields = structFields(body as string, pkg)
      if (fields.length > 0) types[`${prefix}${pkg}${pkg ? '.' : ''}${name}`] = fields
    }
  }
}
const lines = Object.keys(types)
  .sort()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(types[name])}`)
writeFileSync(out, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${lines.length} types`)
