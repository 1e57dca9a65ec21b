/** How to reach an API server and prove who asks. Certificates and keys are PEM texts. */
export interface Connection {
  /** `https://host:port`, without a trailing slash. */
  readonly server: string
  /** The authorities that may vouch for the server; the system's when absent. */
  readonly ca?: string
  readonly clientCert?: string
  readonly clientKey?: string
  /** The name that the server's certificate has to carry, when it is not the host's. */
  readonly serverName?: string
  /** The server's certificate is not checked: only for a kubeconfig that says so. */
  readonly insecure?: boolean
  /** The present bearer token. Called for every request. */
  readonly token?: () => Promise<string>
  /** The namespace that a kubeconfig's context or a pod's service account names. */
  readonly namespace?: string
}
