import { stringify } from 'yaml'
import type { KeyPair } from './pki.ts'

export interface KubeconfigOptions {
  /** `https://HOST:PORT`. */
  readonly server: string
  /** PEM of the cluster CA. */
  readonly authority: string
  /** How the user shows who it is. */
  readonly credentials: KeyPair | { readonly token: string }
  /** Name of cluster and context, default `navarch`. */
  readonly name?: string
  /** Name of the user, default `<name>-admin`. */
  readonly user?: string
  readonly namespace?: string
}

/** A self-contained kubeconfig: certificates and keys are in it, no paths. */
export function kubeconfig(options: KubeconfigOptions): object {
  const { server, authority, credentials, name = 'navarch', user = `${name}-admin`, namespace } = options
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [{ name: user, user: userEntry(credentials) }],
    contexts: [{ name, context: { cluster: name, user, ...(namespace && { namespace }) } }],
    'current-context': name,
    preferences: {},
  }
}

/** The same as the text of a file. */
export function kubeconfigYaml(options: KubeconfigOptions): string {
  return stringify(kubeconfig(options), { lineWidth: 0 })
}

function userEntry(credentials: KubeconfigOptions['credentials']): object {
  if ('token' in credentials) return { token: credentials.token }
  return { 'client-certificate-data': base64(credentials.cert), 'client-key-data': base64(credentials.key) }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
