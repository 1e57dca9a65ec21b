import { groupVersion } from '../../api/resource.ts'

/** Which API versions are switched on: `api/all`, `api/beta`, `apps/v1`… to true or false (upstream: --runtime-config). */
export type RuntimeConfig = Readonly<Record<string, boolean>>

export type Maturity = 'ga' | 'beta' | 'alpha'

/** What the version's name says of it: `v1`, `v2beta1`, `v1alpha3`. */
export function maturity(version: string): Maturity {
  if (version.includes('alpha')) return 'alpha'
  return version.includes('beta') ? 'beta' : 'ga'
}

/** Whether a group version is served; the most exact entry decides, without one GA versions are and others are not. */
export function isServed(resource: { group: string; version: string }, config: RuntimeConfig): boolean {
  const level = maturity(resource.version)
  return config[groupVersion(resource)] ?? config[`api/${level}`] ?? config['api/all'] ?? level === 'ga'
}

/** Orders versions as upstream prefers them: GA before beta before alpha, higher numbers first. */
export function compareVersions(left: string, right: string): number {
  const rank = { ga: 0, beta: 1, alpha: 2 }
  const byMaturity = rank[maturity(left)] - rank[maturity(right)]
  return byMaturity || right.localeCompare(left, 'en', { numeric: true })
}
