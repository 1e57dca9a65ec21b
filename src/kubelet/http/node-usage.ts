import { readFile } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'

/** What the whole node uses. */
export interface NodeUsage {
  readonly cpu: { readonly time: string; readonly usageNanoCores?: number; readonly usageCoreNanoSeconds: number }
  readonly memory: { readonly time: string; readonly workingSetBytes: number; readonly availableBytes: number }
}

let last: { readonly at: number; readonly nanoSeconds: number } | undefined

/** Sampled when asked; the rate is that since the sample before, absent on the first. */
export async function nodeUsage(now: number): Promise<NodeUsage> {
  const time = new Date(now).toISOString()
  const nanoSeconds = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1e6
  const rate =
    last && now > last.at ? Math.round(((nanoSeconds - last.nanoSeconds) * 1000) / (now - last.at)) : undefined
  last = { at: now, nanoSeconds }
  const availableBytes = await availableMemory()
  return {
    cpu: { time, ...(rate !== undefined && { usageNanoCores: rate }), usageCoreNanoSeconds: nanoSeconds },
    memory: { time, workingSetBytes: totalmem() - availableBytes, availableBytes },
  }
}

/** Without what the kernel would give back at once; free memory where the kernel does not tell. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1]
  return kilobytes ? Number(kilobytes) * 1024 : freemem()
}
