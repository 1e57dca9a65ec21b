/** The program `navarch`: finds the command and runs it. Commands are loaded when they are asked for. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))
