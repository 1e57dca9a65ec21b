import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, type TestContext } from 'node:test'
import type { ClusterStatus } from '../../../src/cmd/cluster/status.ts'
import type { CommandResult } from './command.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { type ClusterTraces, leftovers } from './host-leftovers.ts'
import { Kubectl } from './kubectl.ts'
import { navarch } from './navarch.ts'
import { abandonedNamespaces, networkNamespaces } from './network-namespaces.ts'
import { writeTestImage } from './test-image.ts'

export interface TestClusterOptions {
  /** With this host as its node, and the tests' image loaded; otherwise a control plane alone. */
  readonly node: boolean
  /** More arguments of `navarch up`. */
  readonly args?: readonly string[]
}

const LOG_LINES = 40

/** A cluster of its own for one test file: a data directory below the temporary one, and a free port. */
export class TestCluster implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'navarch-e2e-')))
  readonly dataDir = join(this.directory, 'data')
  readonly kubeconfig = join(this.directory, 'kubeconfig')
  readonly port: number
  readonly #options: TestClusterOptions
  readonly #namespacesBefore = networkNamespaces()
  #kubectl: Kubectl | undefined

  constructor(port: number, options: TestClusterOptions) {
    this.port = port
    this.#options = options
  }

  /** As the administrator, in `default`. */
  get kubectl(): Kubectl {
    this.#kubectl ??= new Kubectl({ kubeconfig: this.kubeconfig })
    return this.#kubectl
  }

  /** Where its private containerd keeps its socket and what runs. */
  get runtimeDir(): string {
    return join('/run/navarch', createHash('sha256').update(this.dataDir).digest('hex').slice(0, 12))
  }

  get server(): string {
    return `https://127.0.0.1:${this.port}`
  }

  /** `navarch up -d` with what this cluster was made with. */
  up(): Promise<CommandResult> {
    const { node, args = [] } = this.#options
    return this.navarch('up', '-d', '--port', String(this.port), ...(node ? [] : ['--no-node']), ...args)
  }

  /** Runs a command of the program on this cluster. */
  navarch(command: string, ...args: readonly string[]): Promise<CommandResult> {
    const words = [...command.split(' '), '--data-dir', this.dataDir, ...args]
    // A cluster with the well-known addresses writes into the user's kubeconfig: not into that of whoever runs the tests.
    return navarch(words, { env: { KUBECONFIG: join(this.directory, 'user-kubeconfig') }, timeoutMs: 120_000 })
  }

  async status(): Promise<ClusterStatus> {
    return JSON.parse((await this.navarch('status', '-o', 'json')).stdout) as ClusterStatus
  }

  async start(): Promise<void> {
    assertSucceeded(await this.up())
    writeFileSync(this.kubeconfig, assertSucceeded(await this.navarch('kubeconfig')), { mode: 0o600 })
    if (this.#options.node) await this.loadImage(writeTestImage(this.directory))
    // Pods are refused until their namespace has its service account.
    await eventually(() => this.kubectl.run('get', 'serviceaccount', 'default'))
  }

  async loadImage(archive: string): Promise<string> {
    return assertSucceeded(await this.navarch('image load', archive))
  }

  /** A new namespace, ready for pods, that is deleted when the test ends. */
  async namespace(context: TestContext): Promise<Kubectl> {
    const name = `e2e-${Math.random().toString(36).slice(2, 8)}`
    await this.kubectl.run('create', 'namespace', name)
    context.after(() => this.kubectl.attempt(['delete', 'namespace', name, '--wait=false', '--ignore-not-found']))
    await eventually(() => this.kubectl.in(name).run('get', 'serviceaccount', 'default'))
    return this.kubectl.in(name)
  }

  /** What one wants to see of a cluster in which a test failed. */
  async report(): Promise<string> {
    const log = tail(readOrEmpty(join(this.dataDir, 'navarch.log')))
    const shown = await Promise.all([
      this.navarch('status'),
      this.kubectl.attempt(['get', 'pods', '-A', '-o', 'wide'], { timeoutMs: 10_000 }),
      this.kubectl.attempt(['get', 'events', '-A', '--sort-by=.lastTimestamp'], { timeoutMs: 10_000 }),
    ])
    return [...shown.map(({ stdout, stderr }) => tail(stdout + stderr)), `navarch.log:\n${log}`].join('\n\n')
  }

  /** Deletes the cluster and proves that nothing of it is left on this host. */
  async [Symbol.asyncDispose](): Promise<void> {
    const traces = this.#traces()
    try {
      assertSucceeded(await this.navarch('delete', '--yes'))
      const namespaces = () => (this.#options.node ? abandonedNamespaces(this.#namespacesBefore) : [])
      // The kernel removes the interfaces of a network namespace some time after it.
      await eventually(async () => assert.deepEqual([...(await leftovers(traces)), ...(await namespaces())], []), {
        withinMs: 10_000,
      })
    } finally {
      rmSync(this.directory, { recursive: true, force: true })
    }
  }

  #traces(): ClusterTraces {
    const { instance = 0 } = JSON.parse(readOrEmpty(join(this.dataDir, 'cluster.json')) || '{}') as {
      instance?: number
    }
    return {
      dataDir: this.dataDir,
      bridge: `navarch${instance}`,
      cgroupRoot: instance === 0 ? '' : `navarch${instance}`,
      runtimeDir: this.runtimeDir,
    }
  }
}

/** A running cluster; whatever of it started is taken down again when it does not come up. */
export async function startCluster(options: TestClusterOptions): Promise<TestCluster> {
  const cluster = new TestCluster(await freePort(), options)
  try {
    await cluster.start()
    return cluster
  } catch (error) {
    process.stderr.write(`${await cluster.report()}\n`)
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

/** The cluster of a test file: deleted after its last test, and shown whenever one fails. */
export async function clusterOfThisFile(options: TestClusterOptions): Promise<TestCluster> {
  const cluster = await startCluster(options)
  afterEach(async (context) => {
    if (!(context as TestContext & { readonly passed: boolean }).passed)
      process.stderr.write(`${await cluster.report()}\n`)
  })
  after(() => cluster[Symbol.asyncDispose]())
  return cluster
}

/** What the command printed; throws with everything it said when it failed. */
export function assertSucceeded({ status, stdout, stderr }: CommandResult): string {
  if (status !== 0) throw new Error(`exit status ${status}\n${stdout}${stderr}`)
  return stdout
}

const tail = (text: string): string => text.trimEnd().split('\n').slice(-LOG_LINES).join('\n')

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // nothing was written yet
  }
}
