import type { Socket as UdpSocket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Logger } from '../base/log.ts'
import { framed } from './forwarder.ts'
import type { Resolver } from './resolver.ts'

/** Questions being worked on at a time; more are dropped over UDP (clients ask again) and wait over TCP. */
const MAX_PENDING = 1000
const MAX_CONNECTIONS = 200
const IDLE_CONNECTION_MS = 10_000

export interface DnsServerOptions {
  readonly address: string
  /** 0: any free port, the same for UDP and TCP. */
  readonly port: number
  readonly resolver: Pick<Resolver, 'answer'>
  readonly log: Logger
}

/** DNS over UDP and TCP on one address. */
export class DnsServer implements AsyncDisposable {
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()
  readonly #stop = new AbortController()
  readonly #options: DnsServerOptions
  #pending = 0

  private constructor(options: DnsServerOptions, udp: UdpSocket, tcp: Server) {
    this.#options = options
    this.#udp = udp
    this.#tcp = tcp
    udp.on('message', (message, { port, address }) => void this.#answerUdp(message, port, address))
    udp.on('error', (error) => options.log.warn('DNS socket failed', { error }))
    tcp.on('connection', (socket) => this.#serve(socket))
    tcp.maxConnections = MAX_CONNECTIONS
  }

  /** Throws the system's error (EADDRINUSE, EADDRNOTAVAIL…) when the address cannot be listened on. */
  static async listen(options: DnsServerOptions): Promise<DnsServer> {
    const tcp = createServer()
    tcp.listen({ host: options.address, port: options.port })
    await once(tcp, 'listening')
    const udp = createSocket('udp4')
    try {
      udp.bind((tcp.address() as AddressInfo).port, options.address)
      await once(udp, 'listening')
    } catch (error) {
      tcp.close()
      throw error
    }
    return new DnsServer(options, udp, tcp)
  }

  get port(): number {
    return this.#udp.address().port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    for (const socket of this.#connections) socket.destroy()
    this.#udp.close()
    this.#tcp.close()
    await once(this.#tcp, 'close')
  }

  async #answerUdp(message: Buffer, port: number, address: string): Promise<void> {
    if (this.#pending >= MAX_PENDING) return
    const answer = await this.#answer(message, false)
    if (answer && !this.#stop.signal.aborted) this.#udp.send(answer, port, address)
  }

  async #answer(message: Buffer, overTcp: boolean): Promise<Uint8Array | undefined> {
    this.#pending++
    try {
      return await this.#options.resolver.answer(message, overTcp, this.#stop.signal)
    } catch (error) {
      this.#options.log.warn('a DNS question could not be answered', { error })
      return undefined
    } finally {
      this.#pending--
    }
  }

  /** Messages of one connection are answered one after the other: a sender of many waits for itself. */
  #serve(socket: Socket): void {
    this.#connections.add(socket)
    socket.setTimeout(IDLE_CONNECTION_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#connections.delete(socket))
    void this.#converse(socket).catch(() => socket.destroy())
  }

  async #converse(socket: Socket): Promise<void> {
    let received = Buffer.alloc(0)
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const length = received.readUInt16BE(0)
        const answer = await this.#answer(received.subarray(2, length + 2), true)
        received = received.subarray(length + 2)
        if (answer) socket.write(framed(answer))
      }
    }
  }
}
