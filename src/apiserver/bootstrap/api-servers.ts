/** Where the cluster reaches an API server. */
export interface ApiServerAddress {
  readonly address: string
  readonly port: number
}

/** The API servers of a cluster. */
export interface ApiServers {
  /** Those that are alive, by address; this process's own always among them. */
  alive(): Promise<readonly ApiServerAddress[]>
  /** Calls `listener` when one may have come or gone. Returns how to stop that. */
  onChange(listener: () => void): () => void
}

/** A cluster with this one server. */
export function onlyServer(server: ApiServerAddress): ApiServers {
  return { alive: async () => [server], onChange: () => () => {} }
}
