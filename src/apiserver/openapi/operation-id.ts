/** What an operation does, as its id begins: `read`, `replace`, `connect`… */
export interface OperationName {
  readonly verb: string
  /** What follows the group and version: `NamespacedPodLog`. */
  readonly subject: string
}

/**
 * The id of an operation, as generated clients name their methods: `readCoreV1NamespacedPodLog`. Groups go without
 * `.k8s.io`. Source: GetOperationIDAndTags of upstream's generic API server.
 */
export function operationId({ group, version }: { group: string; version: string }, name: OperationName): string {
  return name.verb + titled(shortGroup(group)) + titled(version) + titled(name.subject)
}

/** Under what documentation lists an operation: `rbacAuthorization_v1`. */
export function operationTag({ group, version }: { group: string; version: string }): string {
  const words = titled(shortGroup(group))
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}_${version}`
}

const shortGroup = (group: string): string => (group === '' ? 'core' : group.replace(/\.k8s\.io$/, ''))

/** Each word with a capital, nothing between them. */
export const titled = (text: string): string =>
  text
    .split(/[^A-Za-z0-9_]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
