/** What a validation rule of a custom resource costs: to compile, and to evaluate. `tools/run bench/cel.ts` */
import { compileRules } from '../src/api/crd/rule-compiler.ts'
import type { Rule, Schema } from '../src/api/crd/schema.ts'

const text: Schema = { type: 'string' }
const schema: Schema = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    maxReplicas: { type: 'integer' },
    name: text,
    items: { type: 'array', items: text },
    limits: { type: 'object', additionalProperties: { type: 'integer' } },
    memory: text,
    address: text,
    started: { ...text, format: 'date-time' },
  },
}
const self = {
  replicas: 3,
  maxReplicas: 5,
  name: 'a-name-of-usual-length',
  items: Array.from({ length: 10 }, (_, index) => `item-${index}`),
  limits: { a: 1, b: 2, c: 3 },
  memory: '512Mi',
  address: '10.1.2.3',
  started: '2024-01-02T03:04:05Z',
}

const RULES = [
  'self.replicas <= self.maxReplicas',
  "!has(self.name) || self.name.startsWith('a-')",
  "self.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
  'self.items.all(x, x.size() < 10)',
  "self.items.exists(x, x == 'item-9')",
  'self.limits.all(k, self.limits[k] < 10)',
  "self.replicas in [1, 3, 5] && self.name != ''",
  'self == oldSelf',
  "quantity(self.memory).isLessThan(quantity('1Gi'))",
  "cidr('10.0.0.0/8').containsIP(self.address)",
  "self.started < timestamp('2030-01-01T00:00:00Z')",
]

const WARM_UP = 20_000
const MEASURE_MS = 500

function microseconds(work: () => void): number {
  for (let index = 0; index < WARM_UP; index++) work()
  const start = performance.now()
  let done = 0
  while (performance.now() - start < MEASURE_MS) {
    for (let index = 0; index < 100; index++) work()
    done += 100
  }
  return Number((((performance.now() - start) / done) * 1000).toFixed(2))
}

const table = RULES.map((rule) => {
  const compile = () => compileRules(schema, [{ rule } as Rule], { isRoot: false }).rules
  const [compiled] = compile()
  if (!compiled || compiled.error) throw new Error(compiled?.error?.detail)
  const old = structuredClone(self)
  const budget = { remaining: 0 }
  const evaluate = () => {
    budget.remaining = 10_000_000
    const error = compiled.evaluate({ self, oldSelf: old, hasOldSelf: true, path: 'spec', budget })
    if (error) throw new Error(error.message)
  }
  return { rule, 'evaluate, µs': microseconds(evaluate), 'compile, µs': microseconds(compile) }
})
console.table(table)
