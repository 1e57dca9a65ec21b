import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { containerOf } from '../../testing/kubelet-builders.ts'
import { runHook } from './lifecycle-hooks.ts'

const asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  response.writeHead(request.url === '/bad' ? 500 : 204).end()
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
after(() => server.close())

const { signal } = new AbortController()
const commands: (readonly string[])[] = []
const runtime = {
  execSync: async (_id: string, command: readonly string[]) => {
    commands.push(command)
    return { exitCode: command[0] === 'false' ? 1 : 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  },
}

function run(hook: Parameters<typeof runHook>[0], clock = new FakeClock()): Promise<void> {
  const { port } = server.address() as AddressInfo
  const container = containerOf('main', { ports: [{ name: 'web', containerPort: port }] })
  return runHook(hook, { container, containerId: 'c1', podIP: '127.0.0.1' }, { runtime, clock }, signal)
}

test('an exec hook runs its command in the container', async () => {
  await run({ exec: { command: ['touch', '/x'] } })
  assert.deepEqual(commands.at(-1), ['touch', '/x'])
})

test('an exec hook fails with its command', async () => {
  await assert.rejects(run({ exec: { command: ['false'] } }), { message: "command 'false' exited with 1" })
})

test('an HTTP hook calls the named port of the pod, with its headers', async () => {
  await run({ httpGet: { port: 'web', path: '/stop', httpHeaders: [{ name: 'X-Why', value: 'drain' }] } })
  const { url, headers } = asked.at(-1) as IncomingMessage
  assert.deepEqual([url, headers['x-why'], headers['user-agent']], ['/stop', 'drain', 'kube-lifecycle/1.36'])
})

test('an HTTP hook fails with the status', async () => {
  await assert.rejects(run({ httpGet: { port: 'web', path: '/bad' } }), { message: /statuscode: 500$/ })
})

test('a sleep hook takes its time', async () => {
  const clock = new FakeClock()
  let done = false
  const hook = run({ sleep: { seconds: 3 } }, clock).then(() => {
    done = true
  })
  await clock.advance(2999)
  assert.equal(done, false)
  await clock.advance(1)
  await hook
})
