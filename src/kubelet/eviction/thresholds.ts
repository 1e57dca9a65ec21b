import type { Pressure } from '../node/node-status.ts'

/** One look at what the node has left. */
export interface Signals {
  readonly memoryAvailableBytes: number
  readonly memoryCapacityBytes: number
  readonly diskAvailableBytes: number
  readonly diskCapacityBytes: number
  readonly inodesFree: number
  readonly inodes: number
}

/** A resource that ran short, with the numbers for the eviction message. */
export interface Shortage {
  readonly pressure: Pressure
  /** As upstream names it: `memory`, `ephemeral-storage`, `inodes`. */
  readonly resource: string
  readonly available: number
  readonly threshold: number
}

const MEMORY_BYTES = 100 * 1024 * 1024
const DISK_PART = 0.1
const INODES_PART = 0.05

/** Upstream's default hard thresholds: memory.available<100Mi, nodefs.available<10%, nodefs.inodesFree<5%. */
export function shortages(signals: Signals): Shortage[] {
  const { memoryAvailableBytes, diskAvailableBytes, diskCapacityBytes, inodesFree, inodes } = signals
  const limits: Shortage[] = [
    { pressure: 'MemoryPressure', resource: 'memory', available: memoryAvailableBytes, threshold: MEMORY_BYTES },
    {
      pressure: 'DiskPressure',
      resource: 'ephemeral-storage',
      available: diskAvailableBytes,
      threshold: diskCapacityBytes * DISK_PART,
    },
    { pressure: 'DiskPressure', resource: 'inodes', available: inodesFree, threshold: inodes * INODES_PART },
  ]
  return limits.filter(({ available, threshold }) => available < threshold)
}
