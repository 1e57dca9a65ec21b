import { test } from 'node:test'
import { runKinds } from './kinds.ts'
import { run } from './run.ts'

// Fifty seeded runs; `npm run test:long` has a thousand others.

const RUNS = 50
const totalShare = runKinds.reduce((sum, { share }) => sum + share, 0)

for (const kind of runKinds) {
  const count = Math.round((RUNS * kind.share) / totalShare)
  const skip = kind.isPossible() ? false : 'not possible on this host: tools/setup --test, as root'
  test(`${kind.name}: ${count} histories are linearizable, and no write or event is lost`, {
    skip,
    timeout: 300_000,
  }, async () => {
    await using arena = await kind.open()
    for (let seed = 1; seed <= count; seed++) {
      await using subject = await arena.subject()
      await run(subject, seed, kind.size).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
      })
    }
  })
}
