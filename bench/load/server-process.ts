import { readFileSync } from 'node:fs'

const MICROS_PER_TICK = 10_000

/** What a process of this machine uses. */
export class ServerProcess {
  readonly #pid: number

  /** Throws when there is no such process. */
  constructor(pid: number) {
    this.#pid = pid
    this.cpuMicros()
  }

  /** Processor time so far, of all threads. Other load of the machine hardly changes it. */
  cpuMicros(): number {
    const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK
  }

  /** Resident memory. */
  megabytes(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
  }
}
