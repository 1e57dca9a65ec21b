import { UsageError } from './usage-error.ts'

/** What a node needs of the host, checked before anything is changed. `otherwise`: what to do on hosts that cannot be one. */
export async function requireNodeHost(otherwise: string): Promise<void> {
  if (process.platform !== 'linux') {
    throw new UsageError(`a node with real containers needs Linux, and this is ${process.platform}. ${otherwise} here.`)
  }
  if (process.getuid?.() !== 0) {
    throw new UsageError(`a node with real containers needs root. Run it with sudo, or ${lower(otherwise)}.`)
  }
  const { missingPrograms } = await import('./cluster/host-programs.ts')
  const missing = missingPrograms()
  if (missing.length > 0) {
    throw new UsageError(
      `these programs are missing on this host: ${missing.join(', ')}. Run 'tools/setup' or install them with the distribution's package manager.`,
    )
  }
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
