/** Kernel units of CPU. Periods and quotas are in µs. */
export const CPU_PERIOD_US = 100_000
const SHARES_PER_CPU = 1024
const MIN_SHARES = 2
const MAX_SHARES = 262_144
const MIN_QUOTA_US = 1000

/** Thousandths of a CPU as the relative weight of cgroup v1 (and of CRI). */
export function sharesOf(milliCpu: number): number {
  return Math.min(Math.max(Math.trunc((milliCpu * SHARES_PER_CPU) / 1000), MIN_SHARES), MAX_SHARES)
}

/** Thousandths of a CPU as µs in each period; 0 means no limit. */
export function quotaOf(milliCpu: number): number {
  return milliCpu === 0 ? 0 : Math.max(Math.trunc((milliCpu * CPU_PERIOD_US) / 1000), MIN_QUOTA_US)
}

/** cgroup v1's shares as v2's cpu.weight: 2…262144 mapped to 1…10000. */
export function weightOf(shares: number): number {
  return Math.trunc(1 + ((shares - 2) * 9999) / 262_142)
}
