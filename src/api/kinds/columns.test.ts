import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtinResources } from './index.ts'

interface Recorded {
  readonly tables: readonly {
    readonly groupVersion: string
    readonly resource: string
    readonly columns: readonly { readonly name: string; readonly type: string; readonly priority: number }[]
  }[]
}

const recorded = JSON.parse(
  readFileSync(new URL('../../../tools/facts/printer-columns.json', import.meta.url), 'utf8'),
) as Recorded
/** Printed as Name and Created At, which the table does by itself. */
const WITHOUT_PRINTER = /^(roles|clusterroles|csistoragecapacities)$/

for (const { groupVersion, resource, columns } of recorded.tables) {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion]
  const definition = builtinResources().find(
    (entry) => entry.group === group && entry.version === version && entry.plural === resource,
  )
  if (!definition || group === '' || WITHOUT_PRINTER.test(resource)) continue
  test(`${groupVersion} ${resource}: the recorded columns are there, in order`, () => {
    const own = (definition.rules.columns ?? []).map(({ header, type = 'string', priority = 0 }) => ({
      name: header,
      type,
      priority,
    }))
    const known = own.filter(({ name }) => columns.some((column) => column.name === name))
    assert.deepEqual(
      known,
      columns.map(({ name, type, priority }) => ({ name, type, priority })),
    )
  })
}
