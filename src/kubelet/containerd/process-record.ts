import { readFile, rm, writeFile } from 'node:fs/promises'

/** A process as it is found again after a restart: a pid alone may have been given to another. */
export interface ProcessRecord {
  readonly pid: number
  /** Clock ticks after boot: field 22 of /proc/<pid>/stat. */
  readonly startTime: string
  /** Hash of the configuration that the process was started with. */
  readonly configHash: string
}

/** When a process started, or undefined when there is none of that pid (or only a zombie). */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field is the command in parentheses and may itself hold blanks and parentheses.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields && fields[0] !== 'Z' ? fields[19] : undefined
}

export async function readRecord(path: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessRecord
  } catch {
    return undefined // none, or cut short by a crash: then there is no process that we know
  }
}

export async function writeRecord(path: string, record: ProcessRecord): Promise<void> {
  await writeFile(path, JSON.stringify(record))
}

export async function isRunning({ pid, startTime }: ProcessRecord): Promise<boolean> {
  return (await startTimeOf(pid)) === startTime
}

/** Sends SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone, and removes the record. */
export async function stopProcess(record: ProcessRecord, path: string, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs
  signalProcess(record.pid, 'SIGTERM')
  while (await isRunning(record)) {
    if (performance.now() > deadline) signalProcess(record.pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await rm(path, { force: true })
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
