import type { JSONSchemaProps } from '../src/api/types/apiextensions.v1.ts'
import { startTestApi } from '../src/testing/api-server.ts'
import { customClient, customDefinition, customObject, establish } from '../src/testing/custom-definition.ts'
import { flags } from '../tools/flags.ts'

/*
 * What custom resources cost: one more definition beside many, the memory of each, its first object. In a process, over the
 * memory store. `tools/run --expose-gc bench/crds.ts [--definitions 500] [--kilobytes 50]`,
 * those of a schema.
 */

const values = flags({
  command: 'tools/run --expose-gc bench/crds.ts',
  does: 'One more definition beside many, the memory of each, and objects of it.',
  options: { definitions: { type: 'string', default: '500' }, kilobytes: { type: 'string', default: '50' } },
})
const COUNT = Number(values.definitions)
const KILOBYTES = Number(values.kilobytes)
const MORE = 20

/** Six levels deep at most, with what schemas usually have: descriptions, patterns, lists by name, enums. */
function schema(bytes: number): JSONSchemaProps {
  const leaf = (n: number) =>
    ({
      type: 'string',
      description: `Field ${n} says how this part of the resource behaves. Defaults to nothing in particular.`,
      maxLength: 63,
      ...(n % 3 === 0 && { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
      ...(n % 5 === 0 && { enum: ['Always', 'Never', 'Sometimes'] }),
    }) as JSONSchemaProps
  const properties: Record<string, JSONSchemaProps> = {}
  for (let n = 0; JSON.stringify(properties).length < bytes; n++) {
    const members = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`field${index}`, leaf(n + index)]))
    properties[`part${n}`] = {
      type: 'array',
      description: `Parts of the kind ${n}.`,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['field0'],
      items: { type: 'object', required: ['field0'], properties: members },
    } as JSONSchemaProps
  }
  return { type: 'object', properties: { spec: { type: 'object', properties } } } as JSONSchemaProps
}

const openAPIV3Schema = schema(KILOBYTES * 1024)
const definition = (n: number) =>
  customDefinition({
    group: `g${n % 10}.example.com`,
    names: { plural: `widgets${n}`, kind: `Widget${n}` },
    versions: [{ schema: { openAPIV3Schema: structuredClone(openAPIV3Schema) }, subresources: { status: {} } }],
  })

const heapBytes = (): number => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const rounded = (value: number): number => Number(value.toFixed(2))

await using api = await startTestApi()
await establish(api, definition(1_000_000)) // loads what is loaded once
const before = heapBytes()
const start = performance.now()
for (let n = 0; n < COUNT; n++) await establish(api, definition(n))
const seconds = (performance.now() - start) / 1000
await api.store.compact(api.store.revision())
const { entries } = await api.store.list('/registry/apiextensions.k8s.io/')
const stored = entries.reduce((sum, { value }) => sum + value.length, 0) // which the durable stores keep on disk
const perDefinition = (heapBytes() - before - stored) / COUNT

const times: number[] = []
const cpu: number[] = []
for (let n = COUNT; n < COUNT + MORE; n++) {
  const next = definition(n)
  const began = performance.now()
  const used = process.cpuUsage()
  await establish(api, next)
  const { user, system } = process.cpuUsage(used)
  times.push(performance.now() - began)
  cpu.push((user + system) / 1000)
}

await establish(api, customDefinition({ versions: [{ schema: { openAPIV3Schema } }] }))
const spec = { part1: [{ field0: 'a' }] }
const first = performance.now()
await customClient(api).create(customObject('first', { spec }))
const firstMs = performance.now() - first
const again = performance.now()
const OBJECTS = 2_000
for (let n = 0; n < OBJECTS; n++) await customClient(api).create(customObject(`a${n}`, { spec }))
const objectUs = ((performance.now() - again) * 1000) / OBJECTS

console.table({
  [`${COUNT} definitions of ${KILOBYTES} KB, seconds`]: rounded(seconds),
  'one more, from its create until it is served: ms, average': rounded(average(times)),
  'the same, the slowest: ms': rounded(Math.max(...times)),
  'the same, processor time: ms': rounded(average(cpu)),
  'memory of each, beside the store: KB': globalThis.gc ? rounded(perDefinition / 1024) : 'unknown without --expose-gc',
  'its first object: ms': rounded(firstMs),
  'each further object: µs': rounded(objectUs),
})
