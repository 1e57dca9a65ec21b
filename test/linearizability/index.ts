import { flags } from '../../tools/flags.ts'
import { type RunKind, runKinds } from './kinds.ts'
import { run } from './run.ts'

/*
 * `npm run test:long [-- --runs 1000] [--seed N] [--kind sqlite]`: seeded runs over every backend. A run that breaks a
 * promise prints its kind and seed; `--runs 1 --seed N --kind KIND` lets the same clients loose again.
 */

const values = flags({
  command: 'npm run test:long --',
  does: 'Seeded runs of clients against every store while it is broken, checked for lost and reordered writes and events.',
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kind: { type: 'string' },
  },
})
const runs = Number(values.runs)
const firstSeed = Number(values.seed)
const chosen = runKinds.filter(({ name }) => values.kind === undefined || name.includes(values.kind))
const possible = chosen.filter(({ isPossible }) => isPossible())
for (const { name } of chosen)
  if (!possible.some((kind) => kind.name === name)) say(`left out, cannot run here: ${name}`)

/** What runs now; taken down when somebody stops the program, whose signal may have reached all of it already. */
const running: AsyncDisposable[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping')
    const gone = running.toReversed().map((part) => part[Symbol.asyncDispose]())
    void Promise.allSettled(gone).then(() => process.exit(130))
  })
}

const totalShare = possible.reduce((sum, { share }) => sum + share, 0)
const began = performance.now()
let [done, calls, failures] = [0, 0, 0]
for (const kind of possible) await runAll(kind, Math.max(1, Math.round((runs * kind.share) / totalShare)))
say(`${done} runs, ${calls} calls, ${failures} broken promises, ${seconds()} s`)
process.exitCode = failures > 0 ? 1 : 0

async function runAll(kind: RunKind, count: number): Promise<void> {
  await using arena = await kind.open()
  running.splice(0, running.length, arena)
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      await using subject = await arena.subject()
      running[1] = subject
      calls += (await run(subject, seed, kind.size)).calls.length
    } catch (error) {
      failures++
      say(`${kind.name}, seed ${seed}: ${(error as Error).stack}`)
    }
    done++
    if (done % 25 === 0)
      say(`${done} of ${runs} runs, ${calls} calls, ${failures} broken promises (${kind.name}, ${seconds()} s)`)
  }
}

function seconds(): string {
  return ((performance.now() - began) / 1_000).toFixed(0)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
