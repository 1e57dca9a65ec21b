/**
 * The users that a node's parts beside its kubelet act as. Each node may have a client certificate for each of them: they
 * read what every node needs, and write nothing.
 */
export const NODE_PARTS = {
  proxy: 'system:kube-proxy',
  dns: 'system:navarch:dns',
  network: 'system:navarch:network',
} as const
