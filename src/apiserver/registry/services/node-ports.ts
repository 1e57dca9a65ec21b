import { invalid, invalidObject } from '../../../api/field-error.ts'
import { internalError, Reason, StatusError } from '../../../api/status-error.ts'
import type { Service, ServicePort } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { PortSet } from './port-set.ts'
import { mayHaveNodePorts, nodePortsOf, wantsHealthCheckPort, wantsNodePorts } from './service-spec.ts'

type Ports = readonly DeepReadonly<ServicePort>[]

/** What a write makes of the node ports of a Service. */
export interface NodePortPlan {
  /** The node port of each port; 0 for none. */
  readonly nodePorts: readonly number[]
  readonly healthCheckNodePort: number
  readonly taken: readonly number[]
  /** What goes back once the write is stored. */
  readonly release: readonly number[]
}

/** Takes from `ports` what a Service wants, in upstream's order (alloc.go). Throws 422 or 500 in its words. Pure. */
export class NodePortPlanner {
  readonly #service: DeepReadonly<Service>
  readonly #ports: PortSet
  readonly #random: () => number
  readonly #taken: number[] = []

  constructor(service: DeepReadonly<Service>, ports: PortSet, random: () => number = Math.random) {
    this.#service = service
    this.#ports = ports
    this.#random = random
  }

  create(): NodePortPlan {
    const { spec } = this.#service
    const given = (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
    const nodePorts = mayHaveNodePorts(spec) ? this.#takeNew(spec.ports ?? []) : given
    const health = wantsHealthCheckPort(spec) ? this.#takeHealthCheckPort() : (spec.healthCheckNodePort ?? 0)
    return { nodePorts, healthCheckNodePort: health, taken: this.#taken, release: [] }
  }

  update(old: DeepReadonly<Service>): NodePortPlan {
    const { spec } = this.#service
    const given = (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0)
    const before = mayHaveNodePorts(old.spec) ? nodePortsOf(old.spec) : new Set<number>()
    const nodePorts = mayHaveNodePorts(spec) ? this.#takeChanged(spec.ports ?? [], before) : given
    const kept = new Set(mayHaveNodePorts(spec) ? nodePorts : [])
    const release = [...before].filter((port) => !kept.has(port))
    const [hadHealth, wantsHealth] = [wantsHealthCheckPort(old.spec), wantsHealthCheckPort(spec)]
    const health = !hadHealth && wantsHealth ? this.#takeHealthCheckPort() : (spec.healthCheckNodePort ?? 0)
    if (hadHealth && !wantsHealth && old.spec.healthCheckNodePort) release.push(old.spec.healthCheckNodePort)
    return { nodePorts, healthCheckNodePort: health, taken: this.#taken, release }
  }

  /** Ports of the same number and different protocols share a node port unless they name their own: DNS by UDP and TCP. */
  #takeNew(ports: Ports): number[] {
    const byNumber = new Map<number, number>()
    return ports.map(({ port, nodePort = 0 }, index) => {
      if (nodePort === 0 && !wantsNodePorts(this.#service.spec)) return 0
      const shared = byNumber.get(port)
      if (shared === undefined) {
        const named = ports.find((other) => other.port === port && other.nodePort)?.nodePort ?? 0
        const taken = named === 0 ? this.#takeAny() : this.#takeNamed(index, named)
        byNumber.set(port, taken)
        return taken
      }
      return nodePort === 0 || nodePort === shared ? shared : this.#takeNamed(index, nodePort)
    })
  }

  #takeChanged(ports: Ports, before: ReadonlySet<number>): number[] {
    const mine = new Set(before)
    const used = new Set<string>()
    return ports.map(({ protocol = 'TCP', nodePort = 0 }, index) => {
      if (nodePort === 0 && !wantsNodePorts(this.#service.spec)) return 0
      if (nodePort !== 0 && !mine.has(nodePort)) mine.add(this.#takeNamed(index, nodePort))
      const port = nodePort === 0 ? this.#takeAny() : nodePort
      const pair = `{${protocol} ${port}}`
      if (used.has(pair)) throw duplicate(pair)
      used.add(pair)
      return port
    })
  }

  #takeNamed(index: number, port: number): number {
    const refusal = this.#ports.take(port)
    if (refusal !== undefined) {
      const errors = [invalid(`spec.ports[${index}].nodePort`, port, refusal)]
      throw invalidObject({ group: '', kind: 'Service' }, this.#service.metadata.name ?? '', errors)
    }
    this.#taken.push(port)
    return port
  }

  #takeAny(): number {
    const port = this.#ports.takeAny(this.#random)
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full')
    this.#taken.push(port)
    return port
  }

  #takeHealthCheckPort(): number {
    const named = this.#service.spec.healthCheckNodePort ?? 0
    const port = named === 0 ? this.#ports.takeAny(this.#random) : named
    if (port === undefined) throw internalError('failed to allocate a HealthCheck NodePort 0: range is full')
    const refusal = named === 0 ? undefined : this.#ports.take(named)
    if (refusal !== undefined) {
      throw internalError(`failed to allocate requested HealthCheck NodePort ${named}: ${refusal}`)
    }
    this.#taken.push(port)
    return port
  }
}

/** Writes the plan into the Service. */
export function applyNodePorts({ spec }: Service, { nodePorts, healthCheckNodePort }: NodePortPlan): void {
  for (const [index, port] of (spec.ports ?? []).entries()) if (nodePorts[index]) port.nodePort = nodePorts[index]
  if (healthCheckNodePort !== 0) spec.healthCheckNodePort = healthCheckNodePort
}

const duplicate = (pair: string): StatusError =>
  new StatusError({ code: 500, reason: Reason.Unknown, message: `duplicate nodePort: ${pair}` })
