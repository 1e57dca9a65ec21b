import { arch, platform } from 'node:process'

export interface ServerVersion {
  /** Of Navarch itself: `0.1.0`. */
  readonly navarch: string
}

/** GET /version (k8s.io/apimachinery version.Info): the Kubernetes version whose API this is, marked as Navarch's. */
export function versionInfo({ navarch }: ServerVersion): object {
  return {
    major: '1',
    minor: '36',
    emulationMajor: '1',
    emulationMinor: '36',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: `v1.36.0+navarch.${navarch}`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${platform}/${arch === 'x64' ? 'amd64' : arch}`,
  }
}
