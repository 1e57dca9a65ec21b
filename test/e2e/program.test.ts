import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { assertSucceeded, startCluster } from './harness/cluster.ts'
import { runCommand } from './harness/command.ts'
import { eventually } from './harness/eventually.ts'
import { freePort } from './harness/free-port.ts'
import { NAVARCH, navarch } from './harness/navarch.ts'

// The program's command line. Its clusters have no node with containers: those are in the other files.

const COMMANDS = [
  'up',
  'server',
  'agent',
  'token create',
  'token list',
  'token delete',
  'down',
  'delete',
  'status',
  'kubeconfig',
  'image load',
  'version',
]

function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'navarch-e2e-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

test('the help names every command', async () => {
  const help = assertSucceeded(await navarch(['--help']))
  for (const command of COMMANDS) assert.match(help, new RegExp(`^ +${command}\\b`, 'm'))
})

for (const command of COMMANDS) {
  test(`'navarch ${command} --help' shows its usage and every option with a text`, async () => {
    const help = assertSucceeded(await navarch([...command.split(' '), '--help']))
    assert.match(help, new RegExp(`^Usage: navarch ${command} \\[options\\]`))
    for (const line of help.split('\n').filter((text) => /^ +(-\w, )?--/.test(text))) {
      assert.match(line, /^ +(-\w, )?--[\w-]+( [A-Z=]+)? {2,}\S/)
    }
  })
}

const wrongCalls: [args: string[], says: RegExp][] = [
  [['frobnicate'], /frobnicate/],
  [['up', '--frobnicate'], /Unknown option '--frobnicate'.*See 'navarch up --help'/],
  [['up', 'now'], /takes no argument 'now'/],
  [['up', '--port', 'http'], /--port must be a whole number from 1 to 65535, not 'http'/],
  [['up', '--port', '70000'], /--port must be a whole number from 1 to 65535, not '70000'/],
  [['up', '--port'], /^navarch: Option '--port' argument is ambiguous\. See 'navarch up --help'\.\n$/],
  [['up', '--no-node', '--simulated-nodes', '-1'], /--simulated-nodes/],
  [['up', '--no-node', '--runtime-config', 'api/all=maybe'], /--runtime-config takes KEY=true or KEY=false/],
  [['status', '-o', 'yaml'], /'yaml' is not known/],
  [['image', 'load'], /name the archives to load/],
]

for (const [args, says] of wrongCalls) {
  test(`'navarch ${args.join(' ')}' is refused in one sentence and changes nothing`, async () => {
    using directory = temporaryDirectory()
    const dataDir = join(directory.path, 'data')
    const known = COMMANDS.some((command) => command.startsWith(args[0] as string))
    const { status, stderr } = await navarch([...args, ...(known ? ['--data-dir', dataDir] : [])])
    assert.equal(status, 2)
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.throws(() => readFileSync(join(dataDir, 'cluster.json')), /ENOENT/)
  })
}

test('what needs a cluster says so where there is none', async () => {
  using directory = temporaryDirectory()
  const dataDir = join(directory.path, 'none')
  const archive = join(directory.path, 'archive.tar')
  writeFileSync(archive, '')
  const ask = (...args: string[]) => navarch([...args, '--data-dir', dataDir])
  assert.match((await ask('kubeconfig')).stderr, /there is no cluster in .*none.*navarch up/)
  assert.match((await ask('image', 'load', archive)).stderr, /no cluster runs in .*none/)
  assert.match((await ask('status')).stdout, /There is none; 'navarch up -d' makes one/)
  assert.deepEqual(JSON.parse((await ask('status', '-o', 'json')).stdout), { state: 'absent', dataDir })
  assert.match(assertSucceeded(await ask('down')), /there is no cluster/)
  assert.match(assertSucceeded(await ask('delete', '--yes')), /there is no cluster/)
})

test('delete asks first, and leaves a directory alone that is not a cluster', async () => {
  using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'thesis.txt'), 'years of work')
  const { status, stderr } = await navarch(['delete', '--yes', '--data-dir', directory.path])
  assert.equal(status, 1)
  assert.match(stderr, /is not a cluster's data directory/)
  assert.equal(readFileSync(join(directory.path, 'thesis.txt'), 'utf8'), 'years of work')
})

test('version names Navarch, Kubernetes and Node.js', async () => {
  const versions = JSON.parse(assertSucceeded(await navarch(['version', '-o', 'json']))) as Record<string, string>
  assert.match(versions.kubernetes ?? '', /^v1\.36\b/)
  assert.match(versions.node ?? '', /^v26\./)
  assert.match(assertSucceeded(await navarch(['version'])), /^navarch \d+\.\d+\.\d+$/m)
})

test('a taken port is named, with the remedy', async () => {
  using directory = temporaryDirectory()
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  try {
    const args = ['up', '-d', '--no-node', '--data-dir', join(directory.path, 'data'), '--port', String(port)]
    const { status, stderr } = await navarch(args)
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`port ${port} is taken by another program. Name a free one with --port`))
  } finally {
    server.close()
  }
})

test('the data directory of a newer Navarch is refused and left as it is', async () => {
  using directory = temporaryDirectory()
  const config = JSON.stringify({ formatVersion: 99, port: 17_000, instance: 0 })
  writeFileSync(join(directory.path, 'cluster.json'), config)
  const { status, stderr } = await navarch(['up', '-d', '--no-node', '--data-dir', directory.path])
  assert.equal(status, 1)
  assert.match(stderr, /was written by a newer Navarch \(format 99, this one knows \d+\)/)
  assert.equal(readFileSync(join(directory.path, 'cluster.json'), 'utf8'), config)
})

test('a full disk is named as the cause', async () => {
  using directory = temporaryDirectory()
  assertSucceeded(await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'navarch-e2e', directory.path]))
  try {
    const args = [
      'up',
      '-d',
      '--no-node',
      '--data-dir',
      join(directory.path, 'data'),
      '--port',
      String(await freePort()),
    ]
    const { status, stderr } = await navarch(args)
    assert.equal(status, 1)
    assert.match(stderr, /no space left on device|disk is full/i)
    assert.doesNotMatch(stderr, /^\s+at /m)
  } finally {
    assertSucceeded(await runCommand('umount', [directory.path]))
  }
})

test('a cluster starts, says how it is, stops, keeps its data, and starts again', async () => {
  await using cluster = await startCluster({ node: false })
  const { pid, ...status } = await cluster.status()
  assert.equal(status.state, 'running')
  assert.equal(status.server, cluster.server)
  assert.ok(status.components.every(({ healthy }) => healthy))
  assert.match((await cluster.navarch('status')).stdout, /apiserver +healthy/)

  const before = performance.now()
  assert.match(assertSucceeded(await cluster.up()), new RegExp(`already runs the cluster .*process ${pid}`))
  assert.ok(performance.now() - before < 2000, 'a second `up -d` has nothing to do')
  const foreground = await cluster.navarch('up', '--no-node')
  assert.equal(foreground.status, 1)
  assert.match(foreground.stderr, /already runs the cluster .*Stop it with 'navarch down'/)

  await cluster.kubectl.run('create', 'configmap', 'kept', '--from-literal=a=1')
  assert.match(assertSucceeded(await cluster.navarch('down')), /is stopped; its data is kept/)
  assert.match((await cluster.navarch('status')).stdout, /It is stopped; 'navarch up -d' starts it/)
  assert.match(await cluster.kubectl.refusal(['get', 'configmap', 'kept']), /connection.*refused/)

  assertSucceeded(await cluster.up())
  assert.notEqual((await cluster.status()).pid, pid)
  assert.equal(await cluster.kubectl.valueOf('configmap/kept', '.data.a'), '1')
})

test('the printed kubeconfig needs no other file and is for its owner alone', async () => {
  await using cluster = await startCluster({ node: false })
  const text = readFileSync(cluster.kubeconfig, 'utf8')
  assert.match(text, /certificate-authority-data:/)
  assert.match(text, /client-key-data:/)
  assert.doesNotMatch(text, /(certificate-authority|client-key|client-certificate): /)
  const mode = assertSucceeded(await runCommand('stat', ['-c', '%a', join(cluster.dataDir, 'admin.kubeconfig')]))
  assert.equal(mode.trim(), '600')
})

test('clusters with their own data directories and ports run side by side', async () => {
  await using one = await startCluster({ node: false })
  await using other = await startCluster({ node: false })
  await one.kubectl.run('create', 'configmap', 'mine', '--from-literal=a=1')
  assert.match(await other.kubectl.refusal(['get', 'configmap', 'mine']), /"mine" not found/)
  assertSucceeded(await other.navarch('down'))
  assert.equal(await one.kubectl.valueOf('configmap/mine', '.data.a'), '1')
})

test('SIGTERM in the foreground ends in order with status 0', async () => {
  await using cluster = await startCluster({ node: false })
  const { pid } = await cluster.status()
  process.kill(pid, 'SIGTERM')
  await eventually(async () => assert.match((await cluster.navarch('status')).stdout, /It is stopped/), {
    withinMs: 10_000,
  })
  assert.match(readFileSync(join(cluster.dataDir, 'navarch.log'), 'utf8'), /navarch: stopping/)
})

test('simulated nodes take pods through their phases without containers', async () => {
  await using cluster = await startCluster({ node: false, args: ['--simulated-nodes', '3'] })
  const { kubectl } = cluster
  await kubectl.run('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=30s')
  assert.equal((await kubectl.run('get', 'nodes', '-o', 'name')).split('\n').length, 3)
  await kubectl.run('create', 'deployment', 'web', '--image=example.org/anything:1', '--replicas=6')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const nodes = await kubectl.run('get', 'pods', '-o', 'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}')
  assert.equal(new Set(nodes.split('\n')).size, 3)
  await kubectl.run('delete', 'deployment', 'web', '--cascade=foreground', '--timeout=30s')
  assert.equal(await kubectl.run('get', 'pods', '-o', 'name'), '')
})

test('API versions that are off by default are turned on by --runtime-config', async () => {
  await using cluster = await startCluster({ node: false, args: ['--runtime-config', 'api/all=true'] })
  assert.match(await cluster.kubectl.run('api-versions'), /v1(alpha|beta)\d/)
})

test('the launcher works from any directory and through a symbolic link', async () => {
  using directory = temporaryDirectory()
  const link = join(directory.path, 'navarch')
  assertSucceeded(await runCommand('ln', ['-s', NAVARCH, link]))
  assert.match(assertSucceeded(await runCommand(link, ['version'])), /^kubernetes v1\.36\b/m)
})

for (const afterMs of [200, 400, 600]) {
  test(`SIGTERM ${afterMs} ms after the start ends the program in order`, async () => {
    using directory = temporaryDirectory()
    const args = ['up', '--no-node', '--data-dir', join(directory.path, 'data'), '--port', String(await freePort())]
    const child = spawn(NAVARCH, args, { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await delay(afterMs)
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    const [, signal] = await ended
    clearTimeout(late)
    assert.notEqual(signal, 'SIGKILL')
  })
}

test('a log that cannot be written, as on a full disk, does not end the program', async () => {
  using directory = temporaryDirectory()
  const dataDir = join(directory.path, 'data')
  const args = ['up', '--no-node', '--data-dir', dataDir, '--port', String(await freePort())]
  const full = openSync('/dev/full', 'w')
  const child = spawn(NAVARCH, args, { stdio: ['ignore', full, full] })
  closeSync(full)
  const ended = once(child, 'exit')
  try {
    await eventually(async () => {
      const { stdout } = await navarch(['status', '-o', 'json', '--data-dir', dataDir])
      assert.equal(JSON.parse(stdout).state, 'running')
    })
  } finally {
    child.kill('SIGTERM')
    await ended
  }
})
