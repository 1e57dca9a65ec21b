import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import { makeCertificateRequest, type RequestSubject } from '../base/make-certificate-request.ts'
import { orAborted } from '../base/or-aborted.ts'

/** PEM. */
export interface CertifiedKey {
  readonly cert: string
  readonly key: string
}

export interface RotatingCertificateDeps {
  readonly name: string
  /** Certificate and key together, so that they can never be of two; readable by the owner alone. */
  readonly file: string
  readonly subject: RequestSubject
  /** The authorities, PEM: a certificate of others is as good as none. */
  readonly ca: string
  /** Has a request (PEM) certified: PEM. */
  ask(request: string, signal: AbortSignal): Promise<string>
  readonly random?: () => number
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 30_000
const LONGEST_WAIT_MS = 24 * 3_600_000

/**
 * A certificate that is asked of the cluster, kept in a file, and asked for anew, with a new key, when 70 to 90 % of its life
 * are over (upstream: client-go/util/certificate). `run` keeps it so from the first one on.
 */
export class RotatingCertificate implements Component {
  readonly name: string
  readonly #deps: RotatingCertificateDeps
  readonly #part: number
  readonly #listeners = new Set<(pair: CertifiedKey) => void>()
  readonly #first = Promise.withResolvers<void>()
  #pair: CertifiedKey | undefined

  constructor(deps: RotatingCertificateDeps) {
    this.name = `certificate-${deps.name}`
    this.#deps = deps
    this.#part = 0.7 + 0.2 * (deps.random ?? Math.random)()
    this.#pair = this.#stored()
    if (this.#pair) this.#first.resolve()
  }

  /** Undefined as long as there is none that is good. */
  get pair(): CertifiedKey | undefined {
    return this.#pair && this.#isGood(this.#pair) ? this.#pair : undefined
  }

  /** Undefined while there is one that is good, else what can be done. */
  get problem(): string | undefined {
    return this.pair ? undefined : "there is none: 'kubectl get csr' shows whether one waits for approval"
  }

  /** Resolves with the present one when there is one. */
  async present(signal: AbortSignal): Promise<CertifiedKey> {
    await orAborted(this.#first.promise, signal)
    return this.#pair as CertifiedKey
  }

  /** Calls `listener` with each that comes from now on. Returns how to stop that. */
  onRenewed(listener: (pair: CertifiedKey) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks for a new one, whatever there is. */
  async renew(signal: AbortSignal): Promise<CertifiedKey> {
    const { subject, ask, file } = this.#deps
    const { key, request } = await makeCertificateRequest(subject)
    const pair = { cert: line(await ask(request, signal)), key: line(key) }
    writePrivate(file, pair.cert + pair.key)
    this.#pair = pair
    this.#first.resolve()
    for (const listener of this.#listeners) listener(pair)
    return pair
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name } = this.#deps
    while (!signal.aborted) {
      try {
        const wait = this.#dueMs() - clock.now()
        if (wait > 0) await clock.sleep(Math.min(wait, LONGEST_WAIT_MS), signal)
        else await this.renew(signal)
      } catch (error) {
        if (signal.aborted) return
        log.warn('a certificate could not be had; asking again', { certificate: name, error })
        await clock.sleep(RETRY_MS, signal).catch(() => undefined)
      }
    }
  }

  /** When to ask, in ms since the epoch. */
  #dueMs(): number {
    if (!this.pair) return Number.NEGATIVE_INFINITY
    const { from, to } = lifeOf(this.pair)
    return from + (to - from) * this.#part
  }

  #stored(): CertifiedKey | undefined {
    const { file } = this.#deps
    if (!existsSync(file)) return undefined
    const text = readFileSync(file, 'utf8')
    const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0]
    const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0]
    const pair = cert && key ? { cert: line(cert), key: line(key) } : undefined
    return pair && this.#isGood(pair) ? pair : undefined
  }

  /** In time, of this authority, for this subject and its addresses, and belonging to the key. */
  #isGood({ cert, key }: CertifiedKey): boolean {
    const { subject, ca, clock } = this.#deps
    const certificate = new X509Certificate(cert)
    const authorities = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    return (
      clock.now() < certificate.validToDate.getTime() &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      authorities.some((authority) => certificate.verify(new X509Certificate(authority).publicKey)) &&
      certificate.subject.split('\n').includes(`CN=${subject.commonName}`) &&
      (subject.addresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
    )
  }
}

const line = (pem: string): string => `${pem.trim()}\n`

function lifeOf({ cert }: CertifiedKey): { readonly from: number; readonly to: number } {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  return { from: validFromDate.getTime(), to: validToDate.getTime() }
}

/** Whole or not at all, and for the owner alone. */
function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}
