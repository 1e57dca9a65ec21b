/**
 * Reads the Go struct declarations of an API source tree and prints what JSON on the wire depends on and the API
 * description does not say: the order of fields, and whether a field is a pointer, omitempty or omitzero.
 * Facts only; no text of the sources is taken over.
 *
 *     tools/run tools/extract-go-facts.ts OUT.json GROUP_PREFIX=DIR…
 *
 * Each DIR holds `…/types*.go`; a type's name in the output is GROUP_PREFIX + package path in dots + type name,
 * as in the API description (`io.k8s.api.` + `core.v1.` + `Pod`).
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

/** `[jsonName, flags]`: p pointer, o omitempty, z omitzero; `['', typeName]` is an embedded struct. */
type GoField = [name: string, flags: string]

const [out, ...sources] = process.argv.slice(2)
if (!out || sources.length === 0) {
  console.error('usage: extract-go-facts OUT.json PREFIX=DIR…')
  process.exit(2)
}

const STRUCT = /^type (\w+) struct \{\n([\s\S]*?)^\}/gm
const FIELD = /^\s+(?:(\w+)\s+)?(\*?)([\w.[\]*]+)\s+`([^`]*)`/

function structFields(body: string): GoField[] {
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
    else fields.push([name as string, flagsOf(pointer === '*', options)])
  }
  return fields
}

function flagsOf(pointer: boolean, options: string[]): string {
  return (pointer ? 'p' : '') + (options.includes('omitempty') ? 'o' : '') + (options.includes('omitzero') ? 'z' : '')
}

const types: Record<string, GoField[]> = {}
for (const source of sources) {
  const [prefix = '', dir = ''] = source.split('=')
  for (const file of globSync(`${dir}/**/*types*.go`).filter((name) => !name.endsWith('_test.go'))) {
    const pkg = relative(dir, dirname(file)).replaceAll('/', '.')
    const text = readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, '')
    for (const [, name, body] of text.matchAll(STRUCT)) {
      const fields = structFields(body as string)
      if (fields.length > 0) types[`${prefix}${pkg}${pkg ? '.' : ''}${name}`] = fields
    }
  }
}
const lines = Object.keys(types)
  .sort()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(types[name])}`)
writeFileSync(out, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${lines.length} types`)
