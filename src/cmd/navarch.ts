/** The program `navarch`: finds the command and runs it. Commands are loaded when they are asked for. */
import { enableCompileCache, registerHooks } from 'node:module'
import { resolveOwn } from './own-modules.ts'

enableCompileCache()
registerHooks({ resolve: resolveOwn })
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2))
