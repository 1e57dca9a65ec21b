import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Authority } from './authority.ts'
import { loadOrIssueAuthority } from './authority.ts'
import { PkiFiles } from './files.ts'
import type { AuthorityName, CertificateSpec } from './inventory.ts'
import { controlPlaneCertificates, nodeCertificates } from './inventory.ts'
import { issueCertificate } from './issue.ts'
import { keyPem, loadOrMakeKey } from './keys.ts'
import { BACKDATE_MS, renewalTime } from './validity.ts'

const DAY_MS = 24 * 3600 * 1000
const YEAR_MS = 365 * DAY_MS

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

type RenewalListener = (name: string, pair: KeyPair) => void | Promise<void>

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
  readonly #listeners = new Set<RenewalListener>()

  constructor(files: PkiFiles, authorities: Readonly<Record<AuthorityName, Authority>>, clock: Clock) {
    this.#files = files
    this.#authorities = authorities
    this.#clock = clock
    this.serviceAccountKey = loadOrMakeKey(files, 'sa')
  }

  /** The CA certificates, PEM: `ca` signs servers and clients, `front-proxy-ca` the aggregator's client. */
  authority(name: AuthorityName): string {
    return this.#authorities[name].cert
  }

  /** A CA with its key, for signing requests (kube-controller-manager's csrsigning). */
  issuer(name: AuthorityName): KeyPair {
    const { cert, key } = this.#authorities[name]
    return { cert, key: keyPem(key) }
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
  async node(name: string, hosts: readonly string[]): Promise<{ client: KeyPair; serving: KeyPair }> {
    const [client, serving] = nodeCertificates(name, hosts)
    return { client: await this.ensure(client), serving: await this.ensure(serving) }
  }

  /** The certificate that `spec` describes: the one on disk while it is good, else a new one. Kept renewed from now on. */
  async ensure(spec: CertificateSpec): Promise<KeyPair> {
    this.#specs.set(spec.name, spec)
    const key = loadOrMakeKey(this.#files, spec.name)
    const stored = this.#files.read(`${spec.name}.crt`)
    const cert = stored && this.#isGood(stored, key, spec) ? stored : await this.#issue(spec, key)
    const pair = { cert, key }
    this.#pairs.set(spec.name, pair)
    return pair
  }

  /** Calls `listener` after each renewal, and waits for it. Returns how to stop that. */
  onRenewed(listener: RenewalListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sleeps until the next certificate is due, renews it, and so on. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sleepUntilDue(signal)
      if (!signal.aborted) await this.renewDue()
    }
  }

  /** Renews every certificate whose time has come. */
  async renewDue(): Promise<void> {
    for (const [name, { cert }] of [...this.#pairs]) {
      const spec = this.#specs.get(name)
      if (!spec || this.#clock.now() < renewalTime(new X509Certificate(cert))) continue
      const pair = await this.ensure(spec)
      for (const listener of this.#listeners) await listener(name, pair)
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

  async #issue({ name, authority, subject, usages, hosts }: CertificateSpec, key: string): Promise<string> {
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
    const cert = await issueCertificate(request, issuer)
    this.#files.write(`${name}.crt`, cert)
    return cert
  }
}

/** Opens the directory, making what is missing. Throws, naming the file, when a CA's key is lost. */
export async function loadOrCreatePki(directory: string, { clock, hosts }: PkiOptions): Promise<Pki> {
  const files = new PkiFiles(directory)
  const authorities = {
    ca: await loadOrIssueAuthority('ca', files, clock),
    'front-proxy-ca': await loadOrIssueAuthority('front-proxy-ca', files, clock),
  }
  const pki = new Pki(files, authorities, clock)
  for (const spec of controlPlaneCertificates([...hosts, ...hostNames()])) await pki.ensure(spec)
  return pki
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
