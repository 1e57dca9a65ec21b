import { join } from 'node:path'
import { groupsOfPart, NODE_PARTS, type NodePart } from '../../api/node-parts.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { RequestSubject } from '../../base/make-certificate-request.ts'
import { Client } from '../../client/clientset.ts'
import { HttpsTransport } from '../../client/https-transport.ts'
import { requestCertificate } from '../../client/request-certificate.ts'
import { RotatingCertificate } from '../../client/rotating-certificate.ts'
import { SeveralServers } from '../../client/several-servers.ts'

export interface NodeCredentialsDeps {
  readonly directory: string
  readonly nodeName: string
  readonly address: string
  /** The cluster's authority, PEM. */
  readonly ca: string
  readonly servers: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

/** What the cluster approves by itself it approves at once. */
const APPROVED_WITHIN_MS = 20_000

const CLIENT = ['digital signature', 'client auth']
const SERVER = ['digital signature', 'server auth']

const PARTS = Object.keys(NODE_PARTS) as NodePart[]

/**
 * Who a node's parts are towards the cluster, each by a certificate of its own (ADR 29): the kubelet's is asked for with a
 * bootstrap token and later by itself, the others' by the kubelet. Each speaks to any of the servers.
 */
export class NodeCredentials {
  readonly kubelet: RotatingCertificate
  readonly serving: RotatingCertificate
  readonly parts: Readonly<Record<NodePart, RotatingCertificate>>
  readonly #deps: NodeCredentialsDeps
  readonly #connections = new Map<RotatingCertificate, SeveralServers>()
  #joining: Client | undefined

  constructor(deps: NodeCredentialsDeps) {
    this.#deps = deps
    const { nodeName, address } = deps
    const node = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] }
    const own = () => this.#joining ?? this.clientOf(this.kubelet)
    this.kubelet = this.#certificate('kubelet-client', node, 'kube-apiserver-client-kubelet', CLIENT, own)
    const asNode = () => this.clientOf(this.kubelet)
    this.serving = this.#certificate(
      'kubelet-serving',
      { ...node, addresses: [address] },
      'kubelet-serving',
      SERVER,
      asNode,
    )
    const part = (name: NodePart) => {
      const subject = { commonName: NODE_PARTS[name], organizations: groupsOfPart(name, nodeName) }
      const file = `${subject.commonName.split(':').at(-1)}-client`
      return this.#certificate(file, subject, 'kube-apiserver-client', CLIENT, asNode)
    }
    this.parts = Object.fromEntries(PARTS.map((name) => [name, part(name)])) as typeof this.parts
  }

  /** Those with which it speaks to the cluster. */
  get clients(): readonly RotatingCertificate[] {
    return [this.kubelet, ...Object.values(this.parts)]
  }

  /** Whether the node needs no token to be let in. */
  get hasJoined(): boolean {
    return this.kubelet.pair !== undefined
  }

  /** Asks for every client certificate that is missing, the kubelet's with a client that has the token. */
  async obtain(joining: Client, signal: AbortSignal): Promise<void> {
    this.#joining = joining
    try {
      if (!this.kubelet.pair) await this.kubelet.renew(signal)
    } finally {
      this.#joining = undefined
    }
    const missing = PARTS.filter((name) => !this.parts[name].pair)
    await Promise.all(missing.map((name) => this.parts[name].renew(signal)))
  }

  /** Acts as the user of a certificate, which has to be there. */
  clientOf(certificate: RotatingCertificate): Client {
    return new Client(this.#connectionOf(certificate))
  }

  /** Servers that were learned. */
  use(servers: readonly string[]): void {
    for (const connection of this.#connections.values()) connection.use(servers)
  }

  /** The server that the kubelet speaks to. */
  get current(): string {
    return this.#connectionOf(this.kubelet).current
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection[Symbol.dispose]()
  }

  #connectionOf(certificate: RotatingCertificate): SeveralServers {
    const present = this.#connections.get(certificate)
    if (present) return present
    const { servers, ca, clock, log } = this.#deps
    const open = (server: string): HttpsTransport => {
      const { cert, key } = certificate.pair ?? { cert: '', key: '' }
      return new HttpsTransport({ server, ca, clientCert: cert, clientKey: key }, { retries: 0 })
    }
    const connection = new SeveralServers({ servers, open, clock, log })
    this.#connections.set(certificate, connection)
    certificate.onRenewed(() => connection.reopen())
    return connection
  }

  #certificate(
    name: string,
    subject: RequestSubject,
    signer: string,
    usages: readonly string[],
    client: () => Client,
  ): RotatingCertificate {
    const { directory, ca, clock, log } = this.#deps
    const signerName = `kubernetes.io/${signer}`
    return new RotatingCertificate({
      name,
      file: join(directory, `${name}.pem`),
      subject,
      ca,
      ask: async (request, signal) => {
        let cancel = (): void => {}
        const onAsked = (asked: string): void => {
          log.info('a certificate was asked for', { certificate: name, request: asked })
          const remedy = `kubectl certificate approve ${asked}`
          cancel = clock.after(APPROVED_WITHIN_MS, () => {
            log.warn('a certificate waits for an administrator', { certificate: name, remedy })
          })
        }
        const order = { signerName, request, usages, prefix: 'node-csr-', onAsked }
        try {
          return await requestCertificate(client(), order, { clock, signal })
        } finally {
          cancel()
        }
      },
      clock,
      log,
    })
  }
}
