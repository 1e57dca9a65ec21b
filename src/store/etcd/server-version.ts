/**
 * Whether a progress notification that was asked for never overtakes events: etcd sends it in the order of the stream
 * since these releases (etcd issue 15220; upstream asks for the same ones, storage/feature FeatureSupportChecker).
 */
export function progressIsOrdered(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number)
  if (major !== 3) return major > 3
  if (minor === 4) return patch >= 31
  if (minor === 5) return patch >= 13
  return minor > 5
}
