import { parentPort, workerData } from 'node:worker_threads'
import { FeatureGates } from '../../api/feature-gates.ts'
import { loadOrCreatePki } from '../../apiserver/pki/pki.ts'
import { systemClock as clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { createLogger } from '../../base/log.ts'
import { FollowerStore } from '../../store/sqlite/follower-store.ts'
import type { Store } from '../../store/store.ts'
import { navarchVersion } from '../version.ts'
import type { ApiWorkerData, ApiWorkerMessage } from './api-worker-messages.ts'
import { clusterNetwork, storeOf } from './cluster-config.ts'
import { openStore } from './cluster-store.ts'
import { ControlPlane } from './control-plane.ts'
import { PortShares } from './port-shares.ts'

/*
 * A thread that serves the API on the same port as the main one, from watch caches of its own.
 */

if (!parentPort) throw new Error('api-worker.ts runs as a worker thread only')
const port = parentPort
const data = workerData as ApiWorkerData
const { paths, config, runtimeConfig } = data
const log = createLogger()

const stop = new AbortController()
port.on('message', (message: ApiWorkerMessage) => {
  if (message === 'stop') stop.abort()
})

/** The main thread compacts. */
const compactor: Component = {
  name: 'compactor',
  run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
}

async function ownStore(): Promise<Store> {
  if (data.seat) return new FollowerStore({ seat: data.seat, clock })
  return (await openStore(storeOf(paths, config), { clock, log, runtimeConfig })).store
}

await using store = await ownStore()
const controlPlane = new ControlPlane({
  store,
  compactor,
  pki: await loadOrCreatePki(paths.pki, { clock, hosts: data.hosts }),
  host: data.bindAddress,
  port: config.port,
  portShares: PortShares.worker,
  apiOnly: true,
  network: clusterNetwork(config),
  runtimeConfig,
  featureGates: FeatureGates.parse(data.featureGates),
  version: navarchVersion(),
  clock,
  log,
})
void controlPlane.whenReady().then(() => port.postMessage('ready' satisfies ApiWorkerMessage))
await controlPlane.run(stop.signal)
port.close()
