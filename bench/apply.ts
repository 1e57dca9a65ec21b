/**
 * What managed fields cost, and how many server-side applies and strategic merge patches a second there are.
 *
 *     tools/run bench/apply.ts [--rounds 15] [--millis 150]
 *
 * The handler runs in this process over a store in memory, from the bytes of a request to the bytes of its answer, composed
 * once with field managers and once without. They take turns; processor time is measured, and of each
 * the fastest round counts: whatever else the machine does only adds. Over TLS, `load/` measures the same.
 */
import { flags } from '../tools/flags.ts'
import { PatchCalls } from './apply-calls.ts'

const values = flags({
  command: 'tools/run bench/apply.ts',
  does: 'Server-side applies, strategic merge patches and what managed fields cost, of a handler in this process.',
  options: {
    rounds: { type: 'string', default: '15' },
    millis: { type: 'string', default: '150' },
  },
})

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
    const [tracked, plain] = [
      Math.min(...found.with),
      found.without.length > 0 ? Math.min(...found.without) : undefined,
    ]
    const rate = `${Math.round(1_000_000 / tracked)}/s on one core, ${tracked.toFixed(0)} µs each`
    const than =
      plain === undefined ? '' : `; without managed fields ${plain.toFixed(0)} µs, × ${(tracked / plain).toFixed(2)}`
    process.stdout.write(`${name}: ${rate}${than}\n`)
  }
  for (const calls of Object.values(variants)) await calls.close()
}

await inProcess()
process.exit(0)
