import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { storeContract } from '../contract.ts'
import { SqliteStore } from './sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'navarch-store-'))
after(() => rmSync(directory, { recursive: true, force: true }))

let opened = 0
storeContract('sqlite', ({ clock }) => SqliteStore.open({ file: join(directory, `${++opened}.db`), clock }))
