import { storeContract } from '../contract.ts'
import { MemoryStore } from './memory-store.ts'

storeContract('memory', async ({ clock }) => new MemoryStore({ clock }))
