import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clusterOfThisFile } from './harness/cluster.ts'
import { runCommand } from './harness/command.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl } from './harness/kubectl.ts'
import { kubectlVersions } from './harness/kubectl.ts'
import { container, pod, service, shell, WEB_SERVER } from './harness/manifests.ts'
import { onTerminal, RunningCommand } from './harness/running-command.ts'
import { TEST_IMAGE } from './harness/test-image.ts'

// Logs, exec, attach, copy and port-forward, each with a kubectl that speaks SPDY and one that speaks WebSocket.

const cluster = await clusterOfThisFile({ node: true })

async function ready(kubectl: Kubectl, ...pods: ReturnType<typeof pod>[]): Promise<void> {
  await kubectl.apply(...pods)
  await kubectl.run('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=30s')
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')

for (const version of kubectlVersions()) {
  const through = version ? `kubectl ${version}` : 'kubectl'

  test(`${through}: exec keeps output, errors and exit status apart`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await ready(kubectl, pod('one'))
    const result = await kubectl.attempt(['exec', 'one', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])
    assert.equal(result.status, 7)
    assert.equal(result.stdout, 'out\n')
    assert.equal(result.stderr, 'err\ncommand terminated with exit code 7\n')
    const missing = await kubectl.refusal(['exec', 'one', '--', 'no-such-program'])
    assert.match(missing, /no-such-program/)
    assert.match(await kubectl.refusal(['exec', 'none', '--', 'true']), /pods "none" not found/)
  })

  test(`${through}: exec -i carries what is written to it, whole`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await ready(kubectl, pod('one'))
    const input = randomBytes(3_000_000).toString('base64')
    const echoed = await kubectl.runWith({ input }, 'exec', '-i', 'one', '--', 'cat')
    assert.equal(sha256(echoed), sha256(input))
  })

  test(`${through}: exec -it gives a terminal of the caller's size`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await ready(kubectl, pod('one'))
    using terminal = onTerminal(kubectl.commandLine('exec', '-it', 'one', '--', 'sh'))
    await terminal.until(/[#$] /)
    terminal.write('tty; stty size\n')
    await terminal.until(/\/dev\/pts\/\d+\s+30 100/)
    // From when it has spoken, an interrupt meets a program that waits for one, not the shell on the way to start it.
    terminal.write(`sh -c 'trap "exit 0" INT; echo $((40 + 2)); while :; do sleep 0.1; done'\n`)
    await terminal.until(/^42\r?\n/m)
    terminal.write('\x03')
    await terminal.until(/[#$] /)
    terminal.write('exit 5\n')
    assert.equal(await terminal.ended(), 5)
  })

  test(`${through}: attach joins the running process`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const interactive = pod('shell', { container: { command: ['sh'], stdin: true, tty: true } })
    const talking = pod('talking', {
      container: shell('trap "exit 0" TERM; while true; do echo tick; sleep 0.2; done'),
    })
    await ready(kubectl, interactive, talking)
    using terminal = onTerminal(kubectl.commandLine('attach', '-it', 'shell'))
    terminal.write('\n')
    await terminal.until(/[#$] /)
    terminal.write('echo attached-$((20 + 22))\n')
    await terminal.until(/attached-42/)
    using listener = new RunningCommand(kubectl.commandLine('attach', 'talking'))
    await listener.until(/tick\n/)
  })

  test(`${through}: run --rm -it is a shell that leaves nothing behind`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const args = ['run', 'visitor', '--rm', '-it', '--restart=Never', `--image=${TEST_IMAGE}`, '--', 'sh']
    using terminal = onTerminal(kubectl.commandLine(...args))
    // What the shell said before kubectl was attached is not repeated to it.
    await terminal.until(/press(ing)? enter|[#$] /)
    terminal.write('\n')
    await terminal.until(/[#$] /)
    terminal.write('echo here-$(hostname)\n')
    await terminal.until(/here-visitor/)
    terminal.write('exit\n')
    assert.equal(await terminal.ended(), 0)
    assert.match(terminal.output, /pod "visitor" deleted/)
    assert.equal(await kubectl.run('get', 'pods', '-o', 'name'), '')
  })

  test(`${through}: run -i takes its input from a pipe`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const args = ['run', 'sum', '-i', '--rm', '--quiet', '--restart=Never', `--image=${TEST_IMAGE}`, '--', 'wc', '-l']
    assert.match(await kubectl.runWith({ input: 'a\nb\nc\n' }, ...args), /^3/)
  })

  test(`${through}: logs shows, follows, limits and looks back`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const counting = shell('for i in 1 2 3 4 5; do echo line $i; sleep 0.1; echo error $i >&2; sleep 0.1; done')
    const twice = shell(
      'if [ -e /state/again ]; then trap "exit 0" TERM; echo second; sleep 1000 & wait; fi; touch /state/again; echo first; exit 1',
    )
    const state = { volumeMounts: [{ name: 'state', mountPath: '/state' }] }
    await kubectl.apply(
      pod('counting', { container: counting, spec: { restartPolicy: 'Never' } }),
      pod('twice', { container: { ...twice, ...state }, spec: { volumes: [{ name: 'state', emptyDir: {} }] } }),
    )
    await kubectl.run('wait', '--for=condition=PodScheduled', 'pod/counting', '--timeout=10s')
    const followed = await eventually(() => kubectl.run('logs', '-f', 'counting'))
    assert.deepEqual(followed.split('\n').sort(), [1, 2, 3, 4, 5].flatMap((i) => [`line ${i}`, `error ${i}`]).sort())
    assert.equal((await kubectl.run('logs', 'counting', '--tail=2')).split('\n').length, 2)
    assert.equal(await kubectl.run('logs', 'counting', '--limit-bytes=6'), 'line 1')
    assert.match(
      await kubectl.run('logs', 'counting', '--timestamps', '--tail=1'),
      /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+) \w+ 5$/,
    )
    assert.equal(await kubectl.run('logs', 'counting', '--since-time=2199-01-01T00:00:00Z'), '')
    assert.match(await kubectl.run('logs', '-l', 'app=counting', '--prefix', '--tail=1'), /^\[pod\/counting\/main\] /)
    await eventually(async () => assert.equal(await kubectl.run('logs', 'twice'), 'second'))
    assert.equal(await kubectl.run('logs', 'twice', '--previous'), 'first')
    assert.match(
      await kubectl.refusal(['logs', 'counting', '-c', 'other']),
      /container other is not valid for pod counting/,
    )
  })

  test(`${through}: cp carries files and folders both ways`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await ready(kubectl, pod('one'))
    const here = join(cluster.directory, `copies-${version}`)
    mkdirSync(join(here, 'folder'), { recursive: true })
    const large = randomBytes(2_000_000)
    writeFileSync(join(here, 'large'), large)
    writeFileSync(join(here, 'folder', 'small'), 'small')
    await kubectl.run('cp', join(here, 'large'), 'one:/tmp/large')
    await kubectl.run('cp', join(here, 'folder'), 'one:/tmp/folder')
    assert.match(await kubectl.run('exec', 'one', '--', 'sha256sum', '/tmp/large'), new RegExp(sha256(large)))
    await kubectl.run('cp', 'one:/tmp/large', join(here, 'back'))
    await kubectl.run('cp', 'one:/tmp/folder', join(here, 'folder-back'))
    assert.equal(sha256(readFileSync(join(here, 'back'))), sha256(large))
    assert.equal(readFileSync(join(here, 'folder-back', 'small'), 'utf8'), 'small')
  })

  test(`${through}: port-forward carries HTTP to a pod and to a Service`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    const script = `dd if=/dev/zero of=/www/large bs=1M count=4 2>/dev/null; ${WEB_SERVER}`
    await ready(kubectl, pod('web', { container: shell(script) }))
    await kubectl.apply(service('web'))
    for (const target of ['pod/web', 'service/web']) {
      using forward = new RunningCommand(kubectl.commandLine('port-forward', target, ':80'))
      const [, port] = await forward.until(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/)
      const fetchText = async (path: string): Promise<Buffer> =>
        Buffer.from(await (await fetch(`http://127.0.0.1:${port}/${path}`)).arrayBuffer())
      const pages = await Promise.all(Array.from({ length: 10 }, () => eventually(() => fetchText('index.html'))))
      assert.deepEqual([...new Set(pages.map(String))], ['web\n'])
      assert.equal((await fetchText('large')).length, 4 << 20)
    }
  })

  test(`${through}: port-forward names a port where nobody listens`, async (context) => {
    const kubectl = (await cluster.namespace(context)).as(version)
    await ready(kubectl, pod('one'))
    using forward = new RunningCommand(kubectl.commandLine('port-forward', 'pod/one', ':81'))
    const [, port] = await forward.until(/Forwarding from 127\.0\.0\.1:(\d+) -> 81/)
    await runCommand('curl', ['-sS', '-m', '5', `http://127.0.0.1:${port}/`])
    await forward.until(/failed to connect to localhost:81 inside namespace|connection refused/i)
  })
}

test('the API server passes HTTP through to pods and Services', async (context) => {
  const kubectl = await cluster.namespace(context)
  await ready(kubectl, pod('web', { container: shell(WEB_SERVER) }))
  await kubectl.apply(service('web'))
  const namespace = await kubectl.valueOf('pod/web', '.metadata.namespace')
  const raw = (path: string) => cluster.kubectl.run('get', '--raw', `/api/v1/namespaces/${namespace}/${path}`)
  assert.equal(await raw('pods/web:80/proxy/index.html'), 'web')
  assert.equal(await eventually(() => raw('services/web:http/proxy/index.html')), 'web')
})

test('the containers of a pod are told apart', async (context) => {
  const kubectl = await cluster.namespace(context)
  const named = (name: string) =>
    container({ name, ...shell(`echo from ${name}; sleep 1000`), env: [{ name: 'ME', value: name }] })
  const containers = [named('a'), named('b')]
  await ready(kubectl, pod('both', { spec: { containers, terminationGracePeriodSeconds: 0 } }))
  assert.equal(await kubectl.run('logs', 'both', '-c', 'b'), 'from b')
  assert.deepEqual((await kubectl.run('logs', 'both', '--all-containers')).split('\n').sort(), ['from a', 'from b'])
  assert.equal(await kubectl.run('exec', 'both', '-c', 'b', '--', 'sh', '-c', 'echo $ME'), 'b')
  assert.match(await kubectl.refusal(['logs', 'both', '-c', 'c']), /container c is not valid for pod both/)
})
