/** What a joining node asks first: the cluster's authority, signed with each bootstrap token (kubeadm's cluster-info). */
export const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' } as const
/** The key with the authority, as a kubeconfig without users. */
export const CLUSTER_INFO_KUBECONFIG = 'kubeconfig'

const SIGNATURE_PREFIX = 'jws-kubeconfig-'

export const signatureKey = (tokenId: string): string => `${SIGNATURE_PREFIX}${tokenId}`
export const isSignatureKey = (key: string): boolean => key.startsWith(SIGNATURE_PREFIX)

/** What a node has to know of the cluster's networks, in plain texts. */
export const NETWORK_CONFIG = { namespace: 'kube-system', name: 'navarch-network' } as const
