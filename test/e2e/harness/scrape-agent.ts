import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { type Labels, ROLES, type Role } from './target-labels.ts'

/** The API server as a monitoring system is told of it: where it is, its authority in PEM, and a bearer token. */
export interface ScrapedCluster {
  readonly server: string
  readonly ca: Buffer
  readonly token: string
}

export interface ScrapeTarget {
  /** What discovery found, before any relabelling. */
  readonly discoveredLabels: Labels
  readonly scrapePool: string
  readonly health: 'up' | 'down'
  readonly lastError: string
  readonly lastSamplesScraped: number
}

/** The job that scrapes the API server's own metrics, found by discovery as in Prometheus' example configuration. */
export const API_SERVER_JOB = 'kubernetes-apiservers'

/** Whether vmagent is installed: `tools/setup --test` does it. */
export const hasScrapeAgent = (): boolean => spawnSync('vmagent', ['-version'], { stdio: 'ignore' }).status === 0

/**
 * VictoriaMetrics' vmagent, which discovers targets by Prometheus' `kubernetes_sd_configs`: a job for each role, named
 * after it. What it finds of these is not scraped, but a page of this process; the API server is. Its files are in a
 * directory of its own that goes with it.
 */
export class ScrapeAgent implements AsyncDisposable {
  readonly #directory: string
  readonly #sink: Server
  readonly #port: number
  readonly #process: ChildProcess

  static async start(cluster: ScrapedCluster): Promise<ScrapeAgent> {
    const sink = createServer((request, response) => request.resume().on('end', () => response.end()))
    await once(sink.listen(0, '127.0.0.1'), 'listening')
    const agent = new ScrapeAgent(sink, await freePort(), cluster)
    try {
      await eventually(() => agent.targets())
      return agent
    } catch (error) {
      process.stderr.write(agent.log)
      await agent[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(sink: Server, port: number, cluster: ScrapedCluster) {
    this.#sink = sink
    this.#port = port
    this.#directory = mkdtempSync(join(tmpdir(), 'navarch-vmagent-'))
    const sinkAddress = `127.0.0.1:${(sink.address() as AddressInfo).port}`
    const log = openSync(this.#logFile, 'a')
    const args = [
      `-promscrape.config=${writeConfiguration(this.#directory, sinkAddress, cluster)}`,
      '-promscrape.kubernetesSDCheckInterval=200ms', // how often what the watches told becomes targets
      `-remoteWrite.url=http://${sinkAddress}/`,
      `-remoteWrite.tmpDataPath=${join(this.#directory, 'queue')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
    ]
    this.#process = spawn('vmagent', args, { stdio: ['ignore', log, log] })
    closeSync(log)
  }

  async targets(): Promise<readonly ScrapeTarget[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/targets`, { signal: AbortSignal.timeout(5_000) })
    const { data } = (await answer.json()) as { data: { activeTargets: ScrapeTarget[] } }
    return data.activeTargets
  }

  /** How often it has listed the objects of its roles: what it learned otherwise came through watches. */
  get lists(): number {
    return [...this.log.matchAll(/\breloaded \d+ objects from /g)].length
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL')
      await once(this.#process, 'exit')
    }
    this.#sink.close().closeAllConnections()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #logFile(): string {
    return join(this.#directory, 'vmagent.log')
  }
}

function writeConfiguration(directory: string, sink: string, { server, ca, token }: ScrapedCluster): string {
  const at = (name: string): string => join(directory, name)
  writeFileSync(at('ca.crt'), ca)
  writeFileSync(at('token'), token, { mode: 0o600 })
  const access = { bearer_token_file: at('token'), tls_config: { ca_file: at('ca.crt') } }
  const discovery = (role: Role) => ({ kubernetes_sd_configs: [{ role, api_server: server, ...access }] })
  const scrape_configs = [
    ...ROLES.map((role) => ({ job_name: role, ...discovery(role), relabel_configs: sentTo(sink) })),
    {
      job_name: API_SERVER_JOB,
      scrape_interval: '1s',
      scheme: 'https',
      ...access,
      ...discovery('endpoints'),
      relabel_configs: apiServerAt(new URL(server).host),
    },
  ]
  writeFileSync(at('config.yaml'), stringify({ global: { scrape_interval: '1h' }, scrape_configs }))
  return at('config.yaml')
}

/** With every discovered label kept, as targets of one job that have the same labels count as one. */
const sentTo = (address: string): object[] => [
  { action: 'labelmap', regex: '__meta_kubernetes_(.+)' },
  { target_label: '__address__', replacement: address },
]

/** Only the API server; its advertised address is not listened on by a control plane without nodes. */
const apiServerAt = (address: string): object[] => [
  {
    action: 'keep',
    source_labels: [
      '__meta_kubernetes_namespace',
      '__meta_kubernetes_service_name',
      '__meta_kubernetes_endpoint_port_name',
    ],
    regex: 'default;kubernetes;https',
  },
  { target_label: '__address__', replacement: address },
]
