import type { Answer, Packet, Question } from 'dns-packet'
import * as dnsPacket from 'dns-packet'
import type { AnswerCache } from './answer-cache.ts'
import type { AskUpstream } from './forwarder.ts'
import type { ClusterView, DnsRecord, RecordType } from './names.ts'
import { lookUp } from './names.ts'

export interface ResolverDeps {
  readonly view: ClusterView
  /** The cluster domain, `cluster.local`. */
  readonly domain: string
  readonly askUpstream: AskUpstream
  readonly cache: AnswerCache
}

/** Cluster names change with the cluster: they are kept for a short time, CoreDNS's default. */
const TTL_SECONDS = 5
const MAX_UDP_BYTES = 1232 // fits every path without fragments (DNS flag day 2020)
const PLAIN_UDP_BYTES = 512

const Rcode = { NoError: 0, FormatError: 1, ServerFailure: 2, NameError: 3, NotImplemented: 4 } as const

/** A question that came in, and how many bytes its answer may have. */
interface Asked {
  readonly query: Packet
  readonly question: Question
  readonly message: Buffer
  readonly overTcp: boolean
  readonly limit: number
}

/** Answers DNS messages: cluster names from the view, all others from upstream servers. */
export class Resolver {
  readonly #deps: ResolverDeps

  constructor(deps: ResolverDeps) {
    this.#deps = deps
  }

  /** The answer to a message, or undefined for what is not a question at all and deserves none. */
  async answer(message: Buffer, overTcp: boolean, signal: AbortSignal): Promise<Uint8Array | undefined> {
    let query: Packet
    try {
      query = dnsPacket.decode(message)
    } catch {
      return undefined // not DNS: answering would make us an amplifier
    }
    const question = query.questions?.[0]
    if (query.type !== 'query' || !question) return undefined
    const limit = overTcp ? Number.POSITIVE_INFINITY : udpLimit(query)
    if (query.questions?.length !== 1) return encode(query, { rcode: Rcode.FormatError }, limit)
    if (((query.flags ?? 0) >> 11) & 0xf) return encode(query, { rcode: Rcode.NotImplemented }, limit)
    return this.#resolve({ query, question, message, overTcp, limit }, signal)
  }

  async #resolve({ query, question, message, overTcp, limit }: Asked, signal: AbortSignal): Promise<Uint8Array> {
    const { view, domain } = this.#deps
    const { name, type } = question
    const lookup = lookUp(name.toLowerCase().replace(/\.$/, ''), type, domain, view)
    if (lookup.kind === 'elsewhere') return this.#forward(query, message, overTcp, signal)
    if (lookup.kind === 'none') return encode(query, { rcode: Rcode.NameError, authorities: [soa(domain)] }, limit)
    const answers = await this.#followed(lookup.answers, type, signal)
    const authorities = answers.length === 0 ? [soa(domain)] : []
    return encode(
      query,
      { rcode: Rcode.NoError, answers, authorities, additionals: lookup.additionals.map(onWire) },
      limit,
    )
  }

  /** An ExternalName's target is looked up too, so that one question is enough. */
  async #followed(records: readonly DnsRecord[], type: RecordType, signal: AbortSignal): Promise<Answer[]> {
    const answers = records.map(onWire)
    const alias = records.find((record) => record.type === 'CNAME')
    if (alias?.type !== 'CNAME' || type === 'CNAME') return answers
    const question = {
      type: 'query' as const,
      id: 0,
      flags: dnsPacket.RECURSION_DESIRED,
      questions: [{ type, name: alias.data }],
    }
    const reply = await this.answer(dnsPacket.encode(question as Packet), true, signal).catch(() => undefined)
    return reply ? [...answers, ...(dnsPacket.decode(Buffer.from(reply)).answers ?? [])] : answers
  }

  async #forward(query: Packet, message: Buffer, overTcp: boolean, signal: AbortSignal): Promise<Uint8Array> {
    const { cache, askUpstream } = this.#deps
    const key = `${overTcp}/${message.subarray(2).toString('latin1').toLowerCase()}`
    const kept = cache.get(key)
    if (kept) return withId(kept, query.id ?? 0)
    try {
      const answer = await askUpstream(message, overTcp, signal)
      cache.put(key, answer, lifetime(answer))
      return answer
    } catch {
      return encode(query, { rcode: Rcode.ServerFailure }, Number.POSITIVE_INFINITY)
    }
  }
}

function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** Seconds that an answer may be kept: the least TTL in it; of a negative one its SOA's; of a failure none. */
function lifetime(message: Uint8Array): number {
  try {
    const { answers = [], authorities = [], flags = 0, flag_tc: truncated } = dnsPacket.decode(Buffer.from(message))
    const rcode = flags & 0xf
    if (truncated || (rcode !== Rcode.NoError && rcode !== Rcode.NameError)) return 0
    const ttls = (answers.length > 0 ? answers : authorities).flatMap((record) =>
      'ttl' in record ? [record.ttl ?? 0] : [],
    )
    return ttls.length === 0 ? 0 : Math.min(...ttls)
  } catch {
    return 0 // what cannot be read is passed on, not kept
  }
}

function udpLimit(query: Packet): number {
  const options = query.additionals?.find((record) => record.type === 'OPT')
  if (!options || !('udpPayloadSize' in options)) return PLAIN_UDP_BYTES
  return Math.min(Math.max(options.udpPayloadSize ?? 0, PLAIN_UDP_BYTES), MAX_UDP_BYTES)
}

interface Reply {
  readonly rcode: number
  readonly answers?: readonly Answer[]
  readonly authorities?: readonly Answer[]
  readonly additionals?: readonly Answer[]
}

/** Additionals go first when room is short; then the answer is cut and marked, and the client asks over TCP. */
function encode(query: Packet, reply: Reply, limit: number): Uint8Array {
  const whole = encodeReply(query, reply)
  if (whole.length <= limit) return whole
  const lean = encodeReply(query, { ...reply, additionals: [] })
  if (lean.length <= limit) return lean
  return encodeReply(query, { rcode: reply.rcode }, dnsPacket.TRUNCATED_RESPONSE)
}

function encodeReply(query: Packet, { rcode, answers, authorities, additionals }: Reply, extraFlags = 0): Buffer {
  const asked = (query.flags ?? 0) & dnsPacket.RECURSION_DESIRED
  const options = query.additionals?.some((record) => record.type === 'OPT') ? [edns()] : []
  return dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_AVAILABLE | asked | extraFlags | rcode,
    questions: query.questions ?? [],
    answers: [...(answers ?? [])],
    authorities: [...(authorities ?? [])],
    additionals: [...(additionals ?? []), ...options],
  })
}

function edns(): Answer {
  const record = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: MAX_UDP_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
  return record as unknown as Answer
}

function onWire(record: DnsRecord): Answer {
  return { ...record, ttl: TTL_SECONDS, class: 'IN' } as Answer
}

function soa(domain: string): Answer {
  const data = {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  }
  return { type: 'SOA', name: domain, ttl: TTL_SECONDS, class: 'IN', data }
}
