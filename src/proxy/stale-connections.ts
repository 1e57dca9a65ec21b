import { spawn } from 'node:child_process'
import { systemEnvironment } from '../base/system-path.ts'
import type { Fragment } from './fragment.ts'
import { Shared } from './fragment.ts'
import type { Change } from './transaction.ts'

/** A UDP address whose tracked connections may lead to where they should no longer go. */
export interface StaleAddress {
  /** Empty: any local address (a node port). */
  readonly ip: string
  readonly port: string
  /** Only connections that go to this backend; undefined: all of the address. */
  readonly backend: string | undefined
}

export type ForgetConnections = (addresses: readonly StaleAddress[], signal: AbortSignal) => Promise<void>

/**
 * UDP has no end of connection that would free the kernel's tracking entry: a client that keeps its port would go on to a
 * backend that left, or to nowhere after the first backend came. TCP notices by itself.
 */
export function staleConnections(changes: readonly Change[]): StaleAddress[] {
  return changes.flatMap(({ from, to }) => {
    const gone = backends(from).filter((backend) => !backends(to).includes(backend))
    const wasEmpty = refused(from)
    return udpAddresses(to)
      .concat(udpAddresses(from))
      .flatMap(({ ip, port }) => [
        ...gone.map((backend) => ({ ip, port, backend })),
        ...(wasEmpty.includes(`${ip}:${port}`) ? [{ ip, port, backend: undefined }] : []),
      ])
  })
}

function backends(fragment: Fragment): string[] {
  const rules = [...fragment.chains.values()].flat()
  return rules.flatMap((rule) => /^meta l4proto udp dnat to ([\d.]+):/.exec(rule)?.[1] ?? [])
}

function udpAddresses(fragment: Fragment): { ip: string; port: string }[] {
  return [...udpKeys(fragment, Shared.ServiceIPs), ...udpKeys(fragment, Shared.NodePorts)]
}

function refused(fragment: Fragment): string[] {
  const keys = [...udpKeys(fragment, Shared.RefusedIPs), ...udpKeys(fragment, Shared.RefusedNodePorts)]
  return keys.map(({ ip, port }) => `${ip}:${port}`)
}

/** Element keys are `ip . protocol . port` or `protocol . port`. */
function udpKeys(fragment: Fragment, owner: string): { ip: string; port: string }[] {
  return [...(fragment.elements.get(owner)?.keys() ?? [])]
    .map((key) => key.split(' . '))
    .filter((parts) => parts.at(-2) === 'udp')
    .map((parts) => ({ ip: parts.length === 3 ? (parts[0] as string) : '', port: parts.at(-1) as string }))
}

/** Deletes tracked connections with the `conntrack` program; without the program they time out by themselves. */
export const forgetWithConntrack: ForgetConnections = async (addresses, signal) => {
  for (const { ip, port, backend } of addresses) {
    const address = ip === '' ? [] : ['--orig-dst', ip]
    const target = backend === undefined ? [] : ['--dst-nat', backend]
    await run(['-D', '-p', 'udp', ...address, '--dport', port, ...target], signal)
  }
}

/** Exit status 1 says that there was nothing to delete; a missing program is no fault either. */
function run(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('conntrack', args, { stdio: 'ignore', signal, env: systemEnvironment() })
    child.on('error', () => resolve())
    child.on('close', () => resolve())
  })
}
