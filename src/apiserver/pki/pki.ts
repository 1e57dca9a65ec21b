import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { PkiFiles } from './files.ts'
import type { AuthorityName, CertificateSpec } from './inventory.ts'
import { AUTHORITIES, controlPlaneCertificates, nodeCertificates } from './inventory.ts'
import type { Issuer } from './issue.ts'
import { issueCertificate } from './issue.ts'

const DAY_MS = 24 * 3600 * 1000
const YEAR_MS = 365 * DAY_MS
const AUTHORITY_LIFE_MS = 10 * YEAR_MS
/** A certificate is renewed when less than this part of its life is left. */
const RENEW_BELOW = 0.2
/** Certificates begin a little earlier, for clients whose clock is behind. */
const BACKDATE_MS = 5 * 60 * 1000

/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface PkiOptions {
  readonly clock: Clock
  /** What else the API server is called by, beside the service's names, loopback and this host: 10.96.0.1, names. */
  readonly hosts: readonly string[]
}

interface Authority extends Issuer {
  readonly cert: string
}

/**
 * The cluster's keys and certificates, made on first start and kept in a directory. Private keys are made once and never
 * overwritten; certificates are issued anew for the same key when they near their end or lack a name that is wanted.
 * `run` renews when due and tells listeners, who reload their TLS contexts.
 */
export class Pki implements Component {
  readonly name = 'pki'
  /** The key that signs service account tokens, PEM. */
  readonly serviceAccountKey: string
  readonly #files: PkiFiles
  readonly #clock: Clock
  readonly #authorities: Readonly<Record<AuthorityName, Authority>>
  readonly #specs = new Map<string, CertificateSpec>()
  readonly #pairs = new Map<string, KeyPair>()
  readonly #listeners = new Set<(name: string, pair: KeyPair) => void>()

  constructor(directory: string, { clock, hosts }: PkiOptions) {
    this.#files = new PkiFiles(directory)
    this.#clock = clock
    this.#authorities = { ca: this.#authority('ca'), 'front-proxy-ca': this.#authority('front-proxy-ca') }
    this.serviceAccountKey = this.#key('sa') ?? this.#newKey('sa')
    for (const spec of controlPlaneCertificates([...hosts, ...hostNames()])) this.ensure(spec)
  }

  /** The CA certificates, PEM: `ca` signs servers and clients, `front-proxy-ca` the aggregator's client. */
  authority(name: AuthorityName): string {
    return this.#authorities[name].cert
  }

  /** A CA with its key, for signing requests (kube-controller-manager's csrsigning). */
  issuer(name: AuthorityName): KeyPair {
    const { cert, key } = this.#authorities[name]
    return { cert, key: pemOf(key) }
  }

  get apiserver(): KeyPair {
    return this.pair('apiserver')
  }

  get kubeletClient(): KeyPair {
    return this.pair('apiserver-kubelet-client')
  }

  get frontProxyClient(): KeyPair {
    return this.pair('front-proxy-client')
  }

  get admin(): KeyPair {
    return this.pair('admin')
  }

  /** The newest certificate that `ensure` gave under this name. */
  pair(name: string): KeyPair {
    const pair = this.#pairs.get(name)
    if (!pair) throw new Error(`no certificate ${name} was asked for`)
    return pair
  }

  /** The client and serving certificates of a node's kubelet. */
  node(name: string, hosts: readonly string[]): { client: KeyPair; serving: KeyPair } {
    const [client, serving] = nodeCertificates(name, hosts)
    return { client: this.ensure(client), serving: this.ensure(serving) }
  }

  /** The certificate that `spec` describes: the one on disk while it is good, else a new one. Kept renewed from now on. */
  ensure(spec: CertificateSpec): KeyPair {
    this.#specs.set(spec.name, spec)
    const key = this.#key(spec.name) ?? this.#newKey(spec.name)
    const stored = this.#files.read(`${spec.name}.crt`)
    const cert = stored && this.#isGood(stored, key, spec) ? stored : this.#issue(spec, key)
    const pair = { cert, key }
    this.#pairs.set(spec.name, pair)
    return pair
  }

  /** Calls `listener` after each renewal. Returns how to stop that. */
  onRenewed(listener: (name: string, pair: KeyPair) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sleeps until the next certificate is due, renews it, and so on. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sleepUntilDue(signal)
      if (!signal.aborted) this.renewDue()
    }
  }

  /** Renews every certificate whose time has come. */
  renewDue(): void {
    for (const [name, { cert }] of [...this.#pairs]) {
      const spec = this.#specs.get(name)
      if (!spec || this.#clock.now() < renewalTime(new X509Certificate(cert))) continue
      const pair = this.ensure(spec)
      for (const listener of this.#listeners) listener(name, pair)
    }
  }

  async #sleepUntilDue(signal: AbortSignal): Promise<void> {
    const times = [...this.#pairs.values()].map(({ cert }) => renewalTime(new X509Certificate(cert)))
    const wait = Math.min(DAY_MS, Math.max(1000, Math.min(...times) - this.#clock.now()))
    try {
      await this.#clock.sleep(wait, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #isGood(pem: string, key: string, { authority, hosts = [] }: CertificateSpec): boolean {
    const certificate = new X509Certificate(pem)
    const issuer = this.#authorities[authority]
    const names = (certificate.subjectAltName ?? '').split(', ')
    return (
      this.#clock.now() < renewalTime(certificate) &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      certificate.verify(createPublicKey(issuer.key)) &&
      hosts.every((host) => covers(certificate, names, host))
    )
  }

  #issue({ name, authority, subject, usages, hosts }: CertificateSpec, key: string): string {
    const now = this.#clock.now()
    const issuer = this.#authorities[authority]
    const end = new X509Certificate(issuer.cert).validToDate.getTime()
    const request = {
      subject,
      publicKey: createPublicKey(key),
      usages,
      ...(hosts && { hosts }),
      notBefore: now - BACKDATE_MS,
      notAfter: Math.min(now + YEAR_MS, end),
    }
    const cert = issueCertificate(request, issuer)
    this.#files.write(`${name}.crt`, cert)
    return cert
  }

  #authority(name: AuthorityName): Authority {
    const subject = AUTHORITIES[name]
    const stored = this.#files.read(`${name}.crt`)
    const key = this.#key(name)
    if (stored && !key) {
      const path = this.#files.path(`${name}.key`)
      throw new Error(
        `${path} is missing, but ${name}.crt and what it signed are there: restore the key, or delete ${this.#files.directory} to give the cluster new certificates`,
      )
    }
    const privateKey = createPrivateKey(key ?? this.#newKey(name))
    if (stored && !new X509Certificate(stored).checkPrivateKey(privateKey)) {
      throw new Error(`${this.#files.path(`${name}.key`)} does not belong to ${name}.crt`)
    }
    const fresh = stored && this.#clock.now() < renewalTime(new X509Certificate(stored))
    return { subject, key: privateKey, cert: fresh ? stored : this.#issueAuthority(name, privateKey) }
  }

  /** Same name and key as before, if there was one: what the old certificate signed stays good. */
  #issueAuthority(name: AuthorityName, key: KeyObject): string {
    const now = this.#clock.now()
    const subject = AUTHORITIES[name]
    const cert = issueCertificate(
      {
        subject,
        publicKey: createPublicKey(key),
        usages: ['ca'],
        notBefore: now - BACKDATE_MS,
        notAfter: now + AUTHORITY_LIFE_MS,
      },
      { subject, key },
    )
    this.#files.write(`${name}.crt`, cert)
    return cert
  }

  #key(name: string): string | undefined {
    return this.#files.read(`${name}.key`)
  }

  #newKey(name: string): string {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = pemOf(privateKey)
    this.#files.writeNew(`${name}.key`, pem)
    return pem
  }
}

/** Opens the directory, making what is missing. Throws, naming the file, when a CA's key is lost. */
export function loadOrCreatePki(directory: string, options: PkiOptions): Pki {
  return new Pki(directory, options)
}

function renewalTime({ validFromDate, validToDate }: X509Certificate): number {
  const end = validToDate.getTime()
  return end - (end - validFromDate.getTime()) * RENEW_BELOW
}

function covers(certificate: X509Certificate, names: readonly string[], host: string): boolean {
  return isIP(host) === 0 ? names.includes(`DNS:${host}`) : certificate.checkIP(host) !== undefined
}

/** This host's name and addresses; link-local IPv6 ones mean nothing to others. */
function hostNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const reachable = addresses.filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address)
  return [hostname(), ...reachable]
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string
