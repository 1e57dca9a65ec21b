import type { ContainerSpec } from '../pods/pod.ts'

/**
 * What one probe said. `warning` counts as success and is reported; `error` means that the probe itself could not be made,
 * which changes nothing.
 */
export interface ProbeOutcome {
  readonly verdict: 'success' | 'warning' | 'failure' | 'error'
  readonly output: string
}

/** The number of a port given by number or by the name of one of the container's ports. Throws where there is none. */
export function portNumber(port: number | string, container: ContainerSpec): number {
  const number =
    typeof port === 'number'
      ? port
      : (container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port))
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number
  throw new Error(typeof port === 'number' ? `invalid port number: ${port}` : `couldn't find port: ${port}`)
}

/** An address with a port, IPv6 in brackets. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
