import { networkInterfaces } from 'node:os'

/** Interfaces of container networks: their addresses are not the host's own. */
const VIRTUAL = /^(lo|docker|br-|veth|virbr|cni|flannel|navarch|ifb)/

/** The host's first own IPv4 address; loopback where it has none. */
export function hostAddress(): string {
  const interfaces = Object.entries(networkInterfaces()).filter(([name]) => !VIRTUAL.test(name))
  const addresses = interfaces.flatMap(([, list]) => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}
