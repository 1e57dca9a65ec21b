const PREFIX = 'system:serviceaccount:'
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export interface ServiceAccountName {
  readonly namespace: string
  readonly name: string
}

/** The user name of a service account. */
export function serviceAccountUser({ namespace, name }: ServiceAccountName): string {
  return `${PREFIX}${namespace}:${name}`
}

/** The groups that every service account of a namespace is in. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

/** The service account that a user name stands for, if it is one. */
export function parseServiceAccountName(user: string): ServiceAccountName | undefined {
  if (!user.startsWith(PREFIX)) return undefined
  const parts = user.slice(PREFIX.length).split(':')
  const [namespace, name] = parts
  if (parts.length !== 2 || !namespace || !name || !NAMESPACE.test(namespace) || !NAME.test(name)) return undefined
  return { namespace, name }
}
