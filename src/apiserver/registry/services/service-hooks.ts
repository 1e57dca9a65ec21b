import { type FieldError, invalid, invalidObject } from '../../../api/field-error.ts'
import { internalError } from '../../../api/status-error.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import type { Finish, StorageHooks } from '../storage-hooks.ts'
import { NumberPool } from './address-pool.ts'
import { ipv4Number, ipv4Range, ipv4Text } from './ipv4.ts'

export interface ServiceRanges {
  /** `10.96.0.0/12`. */
  readonly serviceCidr: string
  readonly nodePorts: { readonly first: number; readonly last: number }
}

const HEADLESS = 'None'
const KIND = { group: '', kind: 'Service' }
/** Dynamic node ports leave the first part of the range to those who name theirs (KEP-3668). */
const STATIC_NODE_PORTS = 86

/**
 * Gives Services their cluster IP and node ports and takes them back, from pools in memory that are rebuilt from the stored
 * Services at start. Upstream: registry/core/service/storage alloc.go, with its texts.
 */
export function serviceHooks({ serviceCidr, nodePorts }: ServiceRanges): StorageHooks<Service> {
  const range = ipv4Range(serviceCidr)
  const addresses = new NumberPool(range.first, range.size)
  const ports = new NumberPool(nodePorts.first, nodePorts.last - nodePorts.first + 1)
  const staticAddresses = Math.min(256, Math.max(16, Math.floor(range.size / 16)))
  const staticPorts = Math.min(STATIC_NODE_PORTS, Math.floor((nodePorts.last - nodePorts.first) / 2))
  const text = { cidr: serviceCidr, ports: `${nodePorts.first}-${nodePorts.last}` }

  const takeAddress = (service: Service, given: number[]) => {
    const { spec } = service
    if (!wantsAddress(spec)) return
    const asked = spec.clusterIP
    if (asked === HEADLESS) return
    if (asked) {
      const number = ipv4Number(asked)
      if (number === undefined) return // validation says what is wrong
      if (!addresses.includes(number)) throw refused(service, outOfRange(asked, text.cidr))
      if (!addresses.take(number)) {
        throw refused(
          service,
          invalid('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: provided IP is already allocated`),
        )
      }
      given.push(number)
    } else {
      const number = addresses.takeAny(staticAddresses)
      if (number === undefined) throw internalError('failed to allocate a serviceIP: range is full')
      given.push(number)
      spec.clusterIP = ipv4Text(number)
    }
    spec.clusterIPs = [spec.clusterIP as string]
  }

  const takePort = (service: Service, field: string, asked: number | undefined, given: number[]): number => {
    if (!asked) {
      const any = ports.takeAny(staticPorts)
      if (any === undefined) throw internalError('failed to allocate a nodePort: range is full')
      given.push(any)
      return any
    }
    if (!ports.includes(asked))
      throw refused(
        service,
        invalid(field, asked, `provided port is not in the valid range. The range of valid ports is ${text.ports}`),
      )
    if (!ports.take(asked)) throw refused(service, invalid(field, asked, 'provided port is already allocated'))
    given.push(asked)
    return asked
  }

  /** Ports of the same number and different protocols share a node port. */
  const takePorts = (service: Service, given: number[], kept: ReadonlySet<number>) => {
    if (!wantsNodePorts(service.spec)) return
    const own = new Map<string, number>()
    const mine = new Set<number>(kept)
    for (const [index, port] of (service.spec.ports ?? []).entries()) {
      const sibling = own.get(`${port.port}`)
      if (!port.nodePort && sibling !== undefined && !own.has(`${port.port}/${port.protocol}`)) port.nodePort = sibling
      if (!port.nodePort || !mine.has(port.nodePort)) {
        port.nodePort = takePort(service, `spec.ports[${index}].nodePort`, port.nodePort, given)
      }
      mine.add(port.nodePort)
      own.set(`${port.port}`, port.nodePort).set(`${port.port}/${port.protocol}`, port.nodePort)
    }
    const health = service.spec
    if (!wantsHealthCheckPort(health)) return
    if (!health.healthCheckNodePort || !mine.has(health.healthCheckNodePort)) {
      health.healthCheckNodePort = takePort(service, 'spec.healthCheckNodePort', health.healthCheckNodePort, given)
    }
  }

  const undo = (givenAddresses: readonly number[], givenPorts: readonly number[]) => {
    for (const address of givenAddresses) addresses.release(address)
    for (const port of givenPorts) ports.release(port)
  }

  /** Runs `take`; what it took goes back if it throws or if the write fails, `left` goes back if the write succeeds. */
  const allocation = (take: (addresses: number[], ports: number[]) => void, left: () => void): Finish => {
    const givenAddresses: number[] = []
    const givenPorts: number[] = []
    try {
      take(givenAddresses, givenPorts)
    } catch (error) {
      undo(givenAddresses, givenPorts)
      throw error
    }
    return (stored) => (stored ? left() : undo(givenAddresses, givenPorts))
  }

  const releaseAll = (service: DeepReadonly<Service>, but: ReadonlySet<number> = new Set(), keepAddress = false) => {
    const address = ipv4Number(service.spec.clusterIP ?? '')
    if (address !== undefined && !keepAddress) addresses.release(address)
    for (const port of nodePortsOf(service)) if (!but.has(port)) ports.release(port)
  }

  return {
    restore(objects: Iterable<CachedObject>) {
      for (const cached of objects) {
        const service = cached.object() as unknown as DeepReadonly<Service>
        const address = ipv4Number(service.spec.clusterIP ?? '')
        if (address !== undefined) addresses.take(address)
        for (const port of nodePortsOf(service)) ports.take(port)
      }
    },

    beginCreate(service) {
      defaultFamilies(service)
      return allocation(
        (ips, nodePortNumbers) => {
          takeAddress(service, ips)
          takePorts(service, nodePortNumbers, new Set())
        },
        () => {},
      )
    },

    beginUpdate(service, old) {
      keepAllocated(service, old)
      defaultFamilies(service)
      const before = nodePortsOf(old)
      const keepsAddress =
        wantsAddress(service.spec) && Boolean(old.spec.clusterIP) && service.spec.clusterIP === old.spec.clusterIP
      return allocation(
        (ips, nodePortNumbers) => {
          if (!keepsAddress) takeAddress(service, ips)
          takePorts(service, nodePortNumbers, before)
        },
        () => releaseAll(old, nodePortsOf(service), keepsAddress),
      )
    },

    afterDelete: (service) => releaseAll(service),
  }
}

type Spec = DeepReadonly<Service['spec']>

const wantsAddress = ({ type }: Spec): boolean => type !== 'ExternalName'

const wantsNodePorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

const wantsHealthCheckPort = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

function nodePortsOf({ spec }: DeepReadonly<Service>): ReadonlySet<number> {
  const numbers = (spec.ports ?? []).map(({ nodePort }) => nodePort)
  return new Set([...numbers, spec.healthCheckNodePort].filter((port) => port !== undefined && port !== 0) as number[])
}

/** One family here: IPv4. */
function defaultFamilies({ spec }: Service): void {
  if (!wantsAddress(spec)) return
  spec.ipFamilies ??= ['IPv4']
  spec.ipFamilyPolicy ??= 'SingleStack'
  if (spec.clusterIP === HEADLESS) spec.clusterIPs = [HEADLESS]
}

/** An update that does not mention what was allocated means to keep it (patchAllocatedValues upstream). */
function keepAllocated(service: Service, old: DeepReadonly<Service>): void {
  const { spec } = service
  if (wantsAddress(spec) && wantsAddress(old.spec) && old.spec.clusterIP) {
    if (!spec.clusterIP && (!spec.clusterIPs || spec.clusterIPs.length === 0)) spec.clusterIP = old.spec.clusterIP
    if (!spec.clusterIPs || spec.clusterIPs.length === 0) spec.clusterIPs = [...(old.spec.clusterIPs ?? [])]
  }
  if (!wantsAddress(spec) && spec.clusterIP === old.spec.clusterIP) {
    delete spec.clusterIP
    delete spec.clusterIPs
  }
  const wasNodePorts = wantsNodePorts(old.spec)
  for (const port of wantsNodePorts(spec) && wasNodePorts ? (spec.ports ?? []) : []) {
    if (port.nodePort) continue
    const before = old.spec.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)
    if (before?.nodePort) port.nodePort = before.nodePort
  }
  if (wantsHealthCheckPort(spec) && wantsHealthCheckPort(old.spec) && old.spec.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.spec.healthCheckNodePort
  }
}

const outOfRange = (address: string, cidr: string): FieldError =>
  invalid(
    'spec.clusterIPs',
    [address],
    `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${cidr}`,
  )

const refused = ({ metadata }: Service, error: FieldError) => invalidObject(KIND, metadata.name ?? '', [error])
