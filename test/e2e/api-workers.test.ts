import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Api, type ApiAnswer } from './harness/api.ts'
import { clusterOfThisFile } from './harness/cluster.ts'

// Several threads serve one API: no client can tell which of them it talks to.

const WORKERS = 2
/** Enough for the kernel to send some to each thread. */
const CLIENTS = 12
const ROUNDS = 10

const cluster = await clusterOfThisFile({ node: false, args: ['--api-workers', String(WORKERS)] })
const clients = Array.from({ length: CLIENTS }, () => new Api(cluster.kubeconfig))
const client = (index: number): Api => clients[index % CLIENTS] as Api

const json = { 'content-type': 'application/json' }
const maps = '/api/v1/namespaces/default/configmaps'

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
  readonly data?: { readonly round: string }
}

function objectOf({ status, text }: ApiAnswer): ConfigMap {
  assert.ok(status === 200 || status === 201, text)
  return JSON.parse(text) as ConfigMap
}

test('each thread has sockets of its own at the port, workers two and the main thread one', () => {
  const address = `0100007F:${cluster.port.toString(16).toUpperCase().padStart(4, '0')}`
  const listening = readFileSync('/proc/net/tcp', 'utf8').match(new RegExp(` ${address} 00000000:0000 0A `, 'g'))
  assert.equal(listening?.length, 2 * WORKERS + 1)
})

test('what one connection wrote, every other one reads, and may change', async () => {
  let map = objectOf(
    await client(0).send({ method: 'POST', path: maps, headers: json, body: '{"metadata":{"name":"shared"}}' }),
  )
  for (let round = 0; round < ROUNDS * CLIENTS; round++) {
    const seen = objectOf(await client(round * 5).send({ path: `${maps}/shared` }))
    assert.equal(seen.metadata.resourceVersion, map.metadata.resourceVersion)
    const body = JSON.stringify({ ...seen, data: { round: String(round) } })
    map = objectOf(await client(round * 7 + 1).send({ method: 'PUT', path: `${maps}/shared`, headers: json, body }))
  }
})

test('of two connections that change the same object one is told of the conflict', async () => {
  const created = await client(0).send({
    method: 'POST',
    path: maps,
    headers: json,
    body: '{"metadata":{"name":"one"}}',
  })
  const body = JSON.stringify({ ...objectOf(created), data: { round: 'x' } })
  for (let round = 0; round < ROUNDS; round++) {
    const current = objectOf(await client(round).send({ path: `${maps}/one` }))
    const next = JSON.stringify({ ...JSON.parse(body), metadata: current.metadata, data: { round: String(round) } })
    const answers = await Promise.all(
      [round, round + 1].map((index) =>
        client(index).send({ method: 'PUT', path: `${maps}/one`, headers: json, body: next }),
      ),
    )
    // The same body twice: the second one either met another version, or changed nothing.
    assert.ok(answers.some(({ status }) => status === 200))
    assert.ok(answers.every(({ status }) => status === 200 || status === 409))
  }
})

test('a watch on any connection sees every write of all others once, in order', async () => {
  const { metadata } = objectOf(await client(0).send({ path: `${maps}/shared` }))
  const path = `${maps}?watch=1&timeoutSeconds=3&fieldSelector=metadata.name%3Dshared&resourceVersion=${metadata.resourceVersion}`
  const watches = [1, 2, 3, 4].map((index) => client(index).send({ path }))
  const written: string[] = []
  let map = objectOf(await client(0).send({ path: `${maps}/shared` }))
  for (let round = 0; round < 40; round++) {
    const body = JSON.stringify({ ...map, data: { round: `watched-${round}` } })
    map = objectOf(await client(round + 5).send({ method: 'PUT', path: `${maps}/shared`, headers: json, body }))
    written.push(map.metadata.resourceVersion)
  }
  for (const { text } of await Promise.all(watches)) {
    const events = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { object: ConfigMap })
    assert.deepEqual(
      events.map(({ object }) => object.metadata.resourceVersion),
      written,
    )
  }
})

test('a new kind is served by every thread', async () => {
  const names = { plural: 'ships', singular: 'ship', kind: 'Ship', listKind: 'ShipList' }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await cluster.kubectl.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ships.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  await cluster.kubectl.run('wait', '--for=condition=Established', 'crd/ships.example.com', '--timeout=10s')
  for (const api of clients) {
    const { status, text } = await api.send({ path: '/apis/example.com/v1/ships' })
    assert.equal(status, 200, text)
  }
})
