import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse as parseYaml } from 'yaml'
import { silentLogger } from '../base/log.ts'
import { mergeIntoUserKubeconfig } from './cluster/admin-kubeconfig.ts'
import { clusterNetwork, ensureConfig, readConfig } from './cluster/cluster-config.ts'
import { askControl, serveControl } from './cluster/control-socket.ts'
import { clusterPaths } from './cluster/paths.ts'
import { forgetProcess, noteProcess, runningProcess } from './cluster/process-file.ts'
import { statusText } from './cluster/status.ts'
import { commands } from './commands.ts'
import { main } from './main.ts'
import { helpText, parse } from './options.ts'

async function inDirectory(use: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-cmd-'))
  try {
    await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const up = commands.find(({ name }) => name === 'up') as (typeof commands)[number]

test('options: every option of every command is in its help', () => {
  for (const command of commands) {
    const text = helpText(command)
    for (const { name } of command.options) assert.ok(text.includes(`--${name}`), `${command.name} --${name}`)
    assert.ok(text.includes('--help'))
  }
})

const refused: [args: string[], message: RegExp][] = [
  [['--prot', '1'], /Unknown option '--prot'.*navarch up --help/],
  [['--port'], /argument missing.*navarch up --help/],
  [['extra'], /takes no argument 'extra'/],
]
for (const [args, message] of refused) {
  test(`options: ${args.join(' ')} is refused in one sentence`, () => {
    assert.throws(() => parse(up, args), { name: 'UsageError', exitCode: 2, message })
  })
}

test('options: numbers are checked against their bounds', () => {
  const bounds = { min: 1, max: 65_535 }
  assert.equal(parse(up, ['--port', '80']).number('port', bounds), 80)
  assert.equal(parse(up, []).number('port', bounds), undefined)
  for (const text of ['0', '65536', 'x', '-1', '1.5']) {
    assert.throws(() => parse(up, [`--port=${text}`]).number('port', bounds), /whole number from 1 to 65535/)
  }
})

test('program: an unknown command names those there are, and exits with 2', async () => {
  const written: string[] = []
  const write = process.stderr.write
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    assert.equal(await main(['fly']), 2)
  } finally {
    process.stderr.write = write
  }
  assert.match(
    written.join(''),
    /unknown command 'fly'. Known are: up, server, agent, token create, token list, token delete, down, delete, status/,
  )
})

test('cluster configuration: the port of the first start is kept, a named one takes its place', () =>
  inDirectory((directory) => {
    const paths = clusterPaths(join(directory, 'new'))
    assert.equal(readConfig(paths), undefined)
    assert.equal(ensureConfig(paths, 7000).port, 7000)
    assert.equal(ensureConfig(paths, undefined).port, 7000)
    assert.equal(ensureConfig(paths, 7001).port, 7001)
    assert.equal(ensureConfig(paths, undefined).port, 7001)
  }))

test('cluster configuration: a data directory of a newer version is refused with the remedy', () =>
  inDirectory((directory) => {
    const paths = clusterPaths(directory)
    writeFileSync(paths.config, JSON.stringify({ formatVersion: 99, port: 1, instance: 0 }))
    assert.throws(() => readConfig(paths), /newer Navarch.*another --data-dir/)
  }))

test('cluster network: clusters on one host share no address', () => {
  const all = Array.from({ length: 9 }, (_, instance) => clusterNetwork({ instance }))
  assert.deepEqual(all[0], {
    bridge: 'navarch0',
    clusterCIDR: '10.244.0.0/16',
    serviceCIDR: '10.96.0.0/12',
    apiServiceIP: '10.96.0.1',
    dnsIP: '10.96.0.10',
  })
  for (const key of ['bridge', 'clusterCIDR', 'serviceCIDR'] as const) {
    assert.equal(new Set(all.map((network) => network[key])).size, all.length)
  }
})

test('process file: this process is found, a reused process id is not taken for it', () =>
  inDirectory((directory) => {
    const paths = clusterPaths(directory)
    assert.equal(runningProcess(paths), undefined)
    noteProcess(paths)
    assert.equal(runningProcess(paths)?.pid, process.pid)
    writeFileSync(join(paths.run, 'navarch.pid'), JSON.stringify({ pid: process.pid, startTime: '1' }))
    assert.equal(runningProcess(paths), undefined)
    forgetProcess(paths)
    assert.equal(runningProcess(paths), undefined)
  }))

test('control socket: only its owner can reach it, faults come back in words, and it goes with its server', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'control.sock')
    {
      await using _server = await serveControl(path, {
        status: async () => ({ state: 'running' }),
        loadImages: async () => Promise.reject(new Error('not an image')),
      })
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.deepEqual(await askControl(path, '/status'), { state: 'running' })
      await assert.rejects(askControl(path, '/images', ['x']), /not an image/)
    }
    await assert.rejects(askControl(path, '/status'), { code: 'ENOENT' })
  }))

const admin = (server: string) => ({
  clusters: [{ name: 'navarch', cluster: { server } }],
  users: [{ name: 'navarch-admin', user: {} }],
  contexts: [{ name: 'navarch', context: { cluster: 'navarch', user: 'navarch-admin' } }],
  'current-context': 'navarch',
})

test("the user's kubeconfig: what is there stays, ours is replaced, the current context is theirs", () =>
  inDirectory(async (directory) => {
    const [ours, theirs] = [join(directory, 'admin'), join(directory, 'home', 'config')]
    const before = process.env.KUBECONFIG
    process.env.KUBECONFIG = theirs
    try {
      writeFileSync(ours, JSON.stringify(admin('https://a')))
      await mergeIntoUserKubeconfig(ours, silentLogger)
      assert.equal(parseYaml(await text(theirs))['current-context'], 'navarch')

      mkdirSync(join(directory, 'home'), { recursive: true })
      const other = { clusters: [{ name: 'work' }], users: [], contexts: [{ name: 'work' }], 'current-context': 'work' }
      writeFileSync(theirs, JSON.stringify(other))
      await mergeIntoUserKubeconfig(ours, silentLogger)
      writeFileSync(ours, JSON.stringify(admin('https://b')))
      await mergeIntoUserKubeconfig(ours, silentLogger)
      const merged = parseYaml(await text(theirs))
      assert.deepEqual(merged.clusters, [{ name: 'work' }, { name: 'navarch', cluster: { server: 'https://b' } }])
      assert.equal(merged['current-context'], 'work')

      writeFileSync(theirs, 'not: [a kubeconfig')
      await mergeIntoUserKubeconfig(ours, silentLogger)
      assert.equal(await text(theirs), 'not: [a kubeconfig')
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG
      else process.env.KUBECONFIG = before
    }
  }))

async function text(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(file, 'utf8')
}

test('status: what is not healthy says why', () => {
  const shown = statusText({
    state: 'running',
    dataDir: '/data',
    server: 'https://127.0.0.1:6443',
    kubeconfig: '/data/admin.kubeconfig',
    pid: 7,
    components: [
      { name: 'apiserver', healthy: true },
      { name: 'kubelet', healthy: false, message: 'the node is not Ready' },
    ],
    nodes: [{ name: 'a', ready: false, message: 'container runtime is down' }],
    pods: { Running: 2, Pending: 1 },
    memoryBytes: 150e6,
  })
  assert.match(shown, /kubelet {4}not healthy: the node is not Ready/)
  assert.match(shown, /a {2}not Ready {2}\(container runtime is down\)/)
  assert.match(shown, /Pods: 2 Running, 1 Pending/)
})
