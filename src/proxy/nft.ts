import { spawn } from 'node:child_process'
import { systemEnvironment } from '../base/system-path.ts'

/** nft refused a ruleset or could not run; `message` has its own words. */
export class NftError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NftError'
  }
}

/** Applies a ruleset text in one transaction: all of it or, with an NftError, nothing. */
export type ApplyRuleset = (text: string, signal: AbortSignal) => Promise<void>

const MAX_ERROR_CHARS = 2000

/** Feeds the text to `nft -f -`. */
export const applyWithNft: ApplyRuleset = (text, signal) =>
  new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'], signal, env: systemEnvironment() })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (words.length < MAX_ERROR_CHARS) words += chunk
    })
    child.on('error', (cause) => reject(new NftError(`nft could not be run: ${cause.message}`, { cause })))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new NftError(`nft exited with ${code}: ${words.slice(0, MAX_ERROR_CHARS).trim()}`))
    })
    child.stdin.on('error', () => child.stdin.destroy()) // nft ended early: its exit status tells why
    child.stdin.end(text)
  })
