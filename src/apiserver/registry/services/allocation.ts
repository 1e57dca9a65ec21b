import { type FieldError, invalid, invalidObject } from '../../../api/field-error.ts'
import { internalError, type StatusError } from '../../../api/status-error.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import { ipv4Number, ipv4Text } from './ipv4.ts'
import type { ServicePools } from './service-pools.ts'
import { HEADLESS, wantsAddress, wantsHealthCheckPort, wantsNodePorts } from './service-spec.ts'

const ALREADY = 'provided port is already allocated'

/** What one write takes from the pools for one Service, which is changed to say so. */
export class Allocation {
  readonly #pools: ServicePools
  readonly #service: Service
  readonly #addresses: number[] = []
  readonly #ports: number[] = []

  constructor(pools: ServicePools, service: Service) {
    this.#pools = pools
    this.#service = service
  }

  /** The cluster IP that the Service names, or any. Throws 422 when it cannot have it. */
  takeAddress(): void {
    const { spec } = this.#service
    if (!wantsAddress(spec) || spec.clusterIP === HEADLESS) return
    if (spec.clusterIP) {
      const number = ipv4Number(spec.clusterIP)
      if (number === undefined) return // validation says what is wrong with it
      this.#takeNamedAddress(spec.clusterIP, number)
    } else spec.clusterIP = ipv4Text(this.#takeAnyAddress())
    spec.clusterIPs = [spec.clusterIP]
  }

  /** A node port for each port that wants one. `own`: those that the Service holds already. Throws 422. */
  takeNodePorts(own: ReadonlySet<number>): void {
    const { spec } = this.#service
    if (!wantsNodePorts(spec)) return
    const mine = new Set(own)
    for (const [index, port] of (spec.ports ?? []).entries()) {
      port.nodePort ||= this.#siblingPort(index)
      if (!port.nodePort || !mine.has(port.nodePort)) {
        port.nodePort = this.#takePort(`spec.ports[${index}].nodePort`, port.nodePort)
      }
      mine.add(port.nodePort)
    }
    if (wantsHealthCheckPort(spec) && !mine.has(spec.healthCheckNodePort ?? 0)) {
      spec.healthCheckNodePort = this.#takePort('spec.healthCheckNodePort', spec.healthCheckNodePort)
    }
  }

  /** Gives everything back. */
  undo(): void {
    for (const address of this.#addresses) this.#pools.addresses.release(address)
    for (const port of this.#ports) this.#pools.nodePorts.release(port)
  }

  /** Ports of the same number and different protocols share a node port: DNS by UDP and TCP. */
  #siblingPort(index: number): number {
    const ports = this.#service.spec.ports ?? []
    const port = ports[index]
    const sibling = ports.slice(0, index).find((one) => one.port === port?.port && one.protocol !== port.protocol)
    return sibling?.nodePort ?? 0
  }

  #takeNamedAddress(text: string, number: number): void {
    const { addresses, cidr } = this.#pools
    if (!addresses.includes(number)) {
      throw this.#refused(
        addressError(text, `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${cidr}`),
      )
    }
    if (!addresses.take(number)) throw this.#refused(addressError(text, 'provided IP is already allocated'))
    this.#addresses.push(number)
  }

  #takeAnyAddress(): number {
    const number = this.#pools.addresses.takeAny(this.#pools.dynamicAddresses)
    if (number === undefined) throw internalError('failed to allocate a serviceIP: range is full')
    this.#addresses.push(number)
    return number
  }

  #takePort(field: string, asked: number | undefined): number {
    const { nodePorts, portRange, dynamicNodePorts } = this.#pools
    const port = asked || nodePorts.takeAny(dynamicNodePorts)
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full')
    if (asked) {
      const outside = `provided port is not in the valid range. The range of valid ports is ${portRange}`
      if (!nodePorts.includes(asked)) throw this.#refused(invalid(field, asked, outside))
      if (!nodePorts.take(asked)) throw this.#refused(invalid(field, asked, ALREADY))
    }
    this.#ports.push(port)
    return port
  }

  #refused(error: FieldError): StatusError {
    return invalidObject({ group: '', kind: 'Service' }, this.#service.metadata.name, [error])
  }
}

const addressError = (address: string, why: string): FieldError =>
  invalid('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)
