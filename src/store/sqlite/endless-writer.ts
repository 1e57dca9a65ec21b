import { systemClock } from '../../base/clock.ts'
import { SqliteStore } from './sqlite-store.ts'

/*
 * The program that durability.test.ts kills: writes to the database it is given without end, and prints each acknowledged
 * write as `<key> <revision>`.
 */

const WRITERS = 32
const KEYS_A_WRITER = 7

const store = await SqliteStore.open({ file: process.argv[2]!, clock: systemClock })
for (let writer = 0; writer < WRITERS; writer++) void write(writer)

async function write(writer: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `/w/${writer}/${n % KEYS_A_WRITER}`
    const { entry } = await store.get(key)
    const revision = await store.put(key, new Uint8Array(1024), entry?.revision ?? 0)
    process.stdout.write(`${key} ${revision}\n`)
  }
}
