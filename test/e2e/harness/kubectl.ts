import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandOptions, CommandResult } from './command.ts'
import { runCommand } from './command.ts'

export interface KubectlTarget {
  readonly kubeconfig: string
  /** Absent: the kubeconfig's own, `default`. */
  readonly namespace?: string
  /** `1.27` for a certain version, where this machine has it; absent: the one on PATH. */
  readonly version?: string
}

/** An object as kubectl reads and prints it. */
export type Manifest = Readonly<Record<string, unknown>>

/** The real kubectl, pointed at one cluster and namespace. */
export class Kubectl {
  readonly binary: string
  readonly #target: KubectlTarget

  constructor(target: KubectlTarget) {
    this.#target = target
    this.binary = kubectlBinary(target.version)
  }

  /** The namespace it works in. */
  get namespace(): string {
    return this.#target.namespace ?? 'default'
  }

  in(namespace: string): Kubectl {
    return new Kubectl({ ...this.#target, namespace })
  }

  /** The same cluster and namespace through another version of kubectl. */
  as(version: string | undefined): Kubectl {
    return new Kubectl({ ...this.#target, ...(version !== undefined && { version }) })
  }

  /** The whole command line, for those who start it themselves. */
  commandLine(...args: readonly string[]): string[] {
    const { kubeconfig, namespace } = this.#target
    return [this.binary, `--kubeconfig=${kubeconfig}`, ...(namespace ? [`--namespace=${namespace}`] : []), ...args]
  }

  /** How the command ended, well or not. */
  attempt(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const [command = '', ...rest] = this.commandLine(...args)
    return runCommand(command, rest, options)
  }

  /** Standard output without its last newline; rejects with what kubectl said when it fails. */
  async run(...args: readonly string[]): Promise<string> {
    return this.runWith({}, ...args)
  }

  async runWith(options: CommandOptions, ...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(args, options)
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: exit status ${status}\n${stdout}${stderr}`)
    return stdout.trimEnd()
  }

  /** What kubectl says when it refuses; rejects when it does not refuse. */
  async refusal(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(args, options)
    if (status === 0) throw new Error(`kubectl ${args.join(' ')} was expected to fail and said:\n${stdout}`)
    return stderr.trimEnd()
  }

  async apply(...manifests: readonly Manifest[]): Promise<string> {
    return this.runWith({ input: asList(manifests) }, 'apply', '-f', '-')
  }

  async create(...manifests: readonly Manifest[]): Promise<string> {
    return this.runWith({ input: asList(manifests) }, 'create', '-f', '-')
  }

  /** `kubectl get … -o json`, parsed. */
  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run('get', '-o', 'json', ...args)) as T
  }

  /** One value out of an object; '' where it has none. */
  async valueOf(object: string, jsonPath: string): Promise<string> {
    return this.run('get', object, '-o', `jsonpath={${jsonPath}}`)
  }
}

const asList = (items: readonly Manifest[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })

/**
 * The versions of kubectl to test with: the oldest and the newest that this machine has beside the one on PATH (before
 * 1.31 streams are SPDY, from then on WebSocket). Where it has no others, the one on PATH stands for them: undefined.
 */
export function kubectlVersions(): readonly (string | undefined)[] {
  const present = ['1.27', '1.33'].filter((version) => existsSync(versioned(version)))
  return present.length > 0 ? present : [undefined]
}

/** Every version of kubectl beside the one on PATH, oldest first; that one alone, undefined, where there are no others. */
export function everyKubectl(): readonly (string | undefined)[] {
  const versions = readdirSync(dirname(realpathSync(onPath())))
    .map((name) => /^kubectl\.(\d+\.\d+)$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
  if (versions.length === 0) return [undefined]
  return versions.sort((left, right) => left.localeCompare(right, 'en', { numeric: true }))
}

function kubectlBinary(version: string | undefined): string {
  if (version === undefined) return onPath()
  const file = versioned(version)
  if (!existsSync(file)) throw new Error(`this machine has no kubectl ${version} (looked for ${file})`)
  return file
}

const versioned = (version: string): string => join(dirname(realpathSync(onPath())), `kubectl.${version}`)

function onPath(): string {
  const found = (process.env.PATH ?? '').split(':').map((directory) => join(directory, 'kubectl'))
  const binary = found.find((file) => existsSync(file))
  if (!binary) throw new Error('the end-to-end tests need kubectl on PATH')
  return binary
}
