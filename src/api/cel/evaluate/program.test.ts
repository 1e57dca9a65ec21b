import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../compile.ts'
import { environmentOf } from '../environment.ts'
import { listOf, Types } from '../type.ts'
import { ArrayList } from '../values/list.ts'
import type { Value } from '../values/value.ts'
import { CostExceeded } from './meter.ts'

const environment = environmentOf({ n: Types.int, s: Types.string, list: listOf(Types.int) })
const VALUES: readonly Value[] = [5n, 'a'.repeat(25), new ArrayList([1n, 2n, 3n])]

function run(expression: string, limit?: number) {
  const compiled = compile(expression, environment)
  if (!compiled.ok) throw new Error(compiled.text)
  return compiled.program().evaluate(VALUES, limit)
}

const COSTS: readonly (readonly [expression: string, cost: number])[] = [
  ['1 + 1', 1],
  ['n + 1', 2],
  ['s == s', 2 + 3],
  ['s.startsWith("b")', 1 + 3],
  ['s.matches("^[a-z]*$")', 1 + 3 * 2],
  ['s.contains("aaaaaaaaaaa")', 1 + 3 * 2],
  ['s + s', 2 + 5],
  ['n in list', 2 + 3],
  ['n in [1, 2]', 1],
  ['[1, 2] == [1, 2]', 1],
  ['[n]', 1 + 10],
  ['{"a": n}', 1 + 30],
  ['has({"a": n}.a)', 1 + 30],
  ['n > 1 || s == s', 2],
  ['n > 1 ? n : n', 2],
  ['list[0]', 2],
  ['list[n - 5]', 1 + 1 + 2],
  ['list.all(x, x > 0)', 1 + 3 * 5 + 1],
  ['list.sum()', 1 + 3],
  ['s.replace("a", "b").size()', 1 + 5 + 1],
  ['int("5") + n', 2],
]

for (const [expression, cost] of COSTS) {
  test(`cel: evaluating ${expression} costs ${cost}`, () => assert.equal(run(expression).cost, cost))
}

test('cel: an evaluation stops where it costs too much, whatever could absorb an error', () => {
  const { result, cost } = run('list.exists(x, list.exists(y, list.all(z, z < 0 || z == 0))) || true', 20)
  assert.ok(result instanceof CostExceeded)
  assert.equal(result.message, 'operation cancelled: actual cost limit exceeded')
  assert.ok(cost > 20)
})

test('cel: a call that cannot be paid is not made', () => {
  const { result } = run("s.matches(['(a|b)*c'][0])", 5)
  assert.ok(result instanceof CostExceeded)
})

test('cel: a text that grows beyond all measure is an error before it is made', () => {
  const grown = ['[s + s + s + s]', ...Array(3).fill("map(x, x.replace('', x))")].join('.')
  assert.equal((run(`${grown}[0] == ''`).result as Error).message, 'result too large')
})

test('cel: evaluations of one program do not know of each other', () => {
  const compiled = compile('list.transformMap(i, v, v)', environment)
  if (!compiled.ok) throw new Error(compiled.text)
  const program = compiled.program()
  assert.deepEqual([program.evaluate(VALUES).cost, program.evaluate(VALUES).cost], [14, 14])
})
