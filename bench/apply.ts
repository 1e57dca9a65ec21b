/**
 * What managed fields cost, and how many server-side applies and strategic merge patches a second there are.
 *
 *     tools/run bench/apply.ts [--rounds 5] [--millis 400]
 *
 * The handler runs in this process over a store in memory, from the bytes of a request to the bytes of its answer, composed
 * once with field managers and once without. They take turns; processor time is measured, and the medians count. Over TLS,
 * `load/` measures the same.
 */
import { parseArgs } from 'node:util'
import { PatchCalls } from './apply-calls.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    millis: { type: 'string', default: '400' },
  },
})

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] as number

/** Runs `one` again and again for a time; microseconds of the processor each, whatever else the machine does. */
async function time(one: () => Promise<void>, millis: number): Promise<number> {
  const end = performance.now() + millis
  const before = process.cpuUsage()
  let count = 0
  while (performance.now() < end) {
    for (let index = 0; index < 20; index++) await one()
    count += 20
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

async function inProcess(): Promise<void> {
  const variants = {
    with: await PatchCalls.open({ tracked: true }),
    without: await PatchCalls.open({ tracked: false }),
  }
  for (const name of PatchCalls.names) {
    const found: Record<'with' | 'without', number[]> = { with: [], without: [] }
    for (let round = -1; round < Number(values.rounds); round++) {
      for (const [variant, calls] of Object.entries(variants)) {
        const one = calls.calls[name]
        if (!one) continue
        const micros = await time(one, Number(values.millis))
        if (round >= 0) found[variant as 'with' | 'without'].push(micros)
      }
    }
    const [tracked, plain] = [median(found.with), found.without.length > 0 ? median(found.without) : undefined]
    const rate = `${Math.round(1_000_000 / tracked)}/s on one core, ${tracked.toFixed(0)} µs each`
    const than =
      plain === undefined ? '' : `; without managed fields ${plain.toFixed(0)} µs, × ${(tracked / plain).toFixed(2)}`
    process.stdout.write(`${name}: ${rate}${than}\n`)
  }
  for (const calls of Object.values(variants)) await calls.close()
}

await inProcess()
process.exit(0)
