/** On nodes that answer names themselves: the port, at the first address of the node's pod CIDR. */
export const DNS_PORT_ANNOTATION = 'navarch.io/dns-port'
