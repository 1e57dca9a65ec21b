import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fuzz } from '../fuzz/fuzz.ts'
import { faultText } from '../fuzz/report-text.ts'
import { clusterOfThisFile } from './harness/cluster.ts'

// Requests that no client should send: test/fuzz, a short run of it. `npm run fuzz` is the long one.

const REQUESTS = 3000
const SEED = 1

const cluster = await clusterOfThisFile({ node: false, args: ['--runtime-config', 'api/all=true'] })

test('hostile requests are answered as they should be, and leave nothing behind', async () => {
  const { sent, faults } = await fuzz({ kubeconfig: cluster.kubeconfig, seed: SEED, requests: REQUESTS })
  assert.deepEqual(faults.map(faultText), [])
  assert.equal(sent, REQUESTS)
  const log = readFileSync(join(cluster.dataDir, 'navarch.log'), 'utf8')
  assert.doesNotMatch(log, /a request (failed|broke down)|nhandled/)
})
