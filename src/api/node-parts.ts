/**
 * The users that a node's parts beside its kubelet act as. Each node may have a client certificate for each of them: they
 * read what every node needs, and write nothing but what is the node's own.
 */
export const NODE_PARTS = {
  proxy: 'system:kube-proxy',
  dns: 'system:navarch:dns',
  network: 'system:navarch:network',
  localVolumes: 'system:navarch:local-volumes',
} as const
export type NodePart = keyof typeof NODE_PARTS

const NODE_GROUP = 'system:navarch:node:'

/** The group of those parts that act for one node alone. */
export const nodeGroup = (node: string): string => `${NODE_GROUP}${node}`

/** The groups that a part's certificate has to have, for what it does beside reading. */
export const groupsOfPart = (part: NodePart, node: string): readonly string[] =>
  part === 'localVolumes' ? [nodeGroup(node)] : []

/** The node that a user acts for, by its groups; undefined for others. */
export function nodeOfGroups(groups: readonly string[]): string | undefined {
  return groups.find((group) => group.startsWith(NODE_GROUP))?.slice(NODE_GROUP.length)
}
