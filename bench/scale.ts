/**
 * A server with many objects: how long it takes to start with them, what they cost in memory, and how lists of all of them
 * come: the first byte, the whole, and what a list takes beside them.
 *
 *     tools/run bench/scale.ts [--objects 150000] [--kind configmaps|pods] [--port 17970]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeStored } from '../src/apiserver/watch-cache/stored-value.ts'
import { systemClock } from '../src/base/clock.ts'
import { SqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { flags } from '../tools/flags.ts'
import { connectAll } from './load/connect.ts'
import { configMap, pod } from './load/objects.ts'
import type { Connection } from './load/request.ts'
import { ServerProcess } from './load/server-process.ts'
import { targetOf } from './load/target.ts'

const values = flags({
  command: 'tools/run bench/scale.ts',
  does: 'Start, memory and whole lists of a server with many objects.',
  options: {
    objects: { type: 'string', default: '150000' },
    kind: { type: 'string', default: 'configmaps' },
    port: { type: 'string', default: '17970' },
  },
})
const objects = Number(values.objects)
const kinds: Readonly<Record<string, (name: string, index: number) => string>> = { configmaps: configMap, pods: pod }
const bodyOf = kinds[values.kind]
if (!bodyOf) throw new Error(`--kind is one of ${Object.keys(kinds).join(', ')}`)
const program = new URL('../navarch', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
const at = ['--data-dir', directory]
const navarch = (...args: string[]): string => execFileSync(program, [...args, ...at], { encoding: 'utf8' })
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const up = (): void => void navarch('up', '-d', '--no-node', '--port', values.port)
const processOf = (): ServerProcess => new ServerProcess(JSON.parse(navarch('status', '-o', 'json')).pid)

/** Straight into the store, as the server would have written them. Gives the bytes of all of them. */
async function fill(): Promise<number> {
  await using store = await SqliteStore.open({ file: join(directory, 'state.db'), clock: systemClock })
  let bytes = 0
  const write = (index: number): Promise<number> => {
    const { apiVersion, kind, metadata, ...rest } = JSON.parse(bodyOf!(`bench-${index}`, index))
    const uid = `3f0e7a52-1a38-4fd1-9df5-${String(index).padStart(12, '0')}`
    const { name, labels } = metadata
    const creationTimestamp = '2026-01-31T12:00:00Z'
    const meta = { name, namespace: 'default', uid, creationTimestamp, labels }
    const value = encodeStored({ kind, apiVersion, metadata: meta, ...rest })
    bytes += value.length
    return store.put(`/registry/${values.kind}/default/bench-${index}`, value, 0)
  }
  for (let index = 0; index < objects; index += 5_000) {
    const count = Math.min(5_000, objects - index)
    await Promise.all(Array.from({ length: count }, (_, offset) => write(index + offset)))
  }
  return bytes
}

interface Listed {
  readonly firstMs: number
  readonly totalMs: number
  readonly bytes: number
}

/** All of them in one answer, read as fast as it comes. */
async function list(connection: Connection, headers: Record<string, string> = {}): Promise<Listed> {
  const started = performance.now()
  let firstMs = 0
  let bytes = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const path = `/api/v1/namespaces/default/${values.kind}?resourceVersion=0`
  await connection.stream({ method: 'GET', path, headers }, (piece) => {
    firstMs ||= performance.now() - started
    bytes += piece.length
    if (isLast(piece)) resolve()
  })
  await promise
  return { firstMs, totalMs: performance.now() - started, bytes }
}

/** `]}` ends a list; an item never ends with it at the end of a piece of a chunk. */
const isLast = (piece: Buffer): boolean => piece.at(-1) === 0x7d && piece.at(-2) === 0x5d

async function measure(started: number): Promise<void> {
  const kubeconfig = join(directory, 'bench.kubeconfig')
  writeFileSync(kubeconfig, navarch('kubeconfig'), { mode: 0o600 })
  const target = await targetOf(kubeconfig)
  const [connection] = (await connectAll(target, 1, false)) as [Connection]
  const path = `/api/v1/namespaces/default/${values.kind}?limit=1`
  await connection.send({ method: 'GET', path })
  const readyMs = performance.now() - started
  const server = processOf()
  const cpuMs = server.cpuMicros() / 1000
  say(
    `ready, the first of the objects shown: ${readyMs.toFixed(0)} ms from the command, ${cpuMs.toFixed(0)} of processor`,
  )
  connection.close()
  await delay(15_000) // controllers read them too
  const rested = server.megabytes()
  say(`at rest: ${rested.toFixed(0)} MB`)
  for (let round = 0; round < 3; round++) {
    let peak = 0
    const watching = setInterval(() => {
      peak = Math.max(peak, server.megabytes())
    }, 20)
    const [reader] = (await connectAll(target, 1, false)) as [Connection]
    const { firstMs, totalMs, bytes } = await list(reader)
    clearInterval(watching)
    reader.close()
    say(
      `list of ${(bytes / 1e6).toFixed(0)} MB: first byte ${firstMs.toFixed(0)} ms, all ${totalMs.toFixed(0)} ms ` +
        `(${(bytes / 1e3 / totalMs).toFixed(0)} MB/s), peak ${peak.toFixed(0)} MB`,
    )
  }
}

try {
  up()
  const empty = processOf()
  await delay(3_000)
  say(`without objects: ${empty.megabytes().toFixed(0)} MB`)
  navarch('down')
  const bytes = await fill()
  say(`${objects} ${values.kind} of ${(bytes / objects).toFixed(0)} bytes each`)
  const started = performance.now()
  up()
  say(`up: ${(performance.now() - started).toFixed(0)} ms`)
  await measure(started)
} finally {
  navarch('delete', '--yes')
  rmSync(directory, { recursive: true, force: true })
}
process.exit(0)
