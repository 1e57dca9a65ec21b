/** `npm run demo`: brings up a cluster, runs examples/guestbook in it and shows that it answers. Safe to run again. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { buildImages, IMAGES } from '../examples/guestbook/build-images.ts'
import { Client } from '../src/client/clientset.ts'
import { HttpsTransport } from '../src/client/https-transport.ts'
import { loadKubeconfig } from '../src/client/kubeconfig.ts'
import { SIMULATED_LABEL } from '../src/kubelet/simulated/node-object.ts'
import { applyFolder } from './demo-apply.ts'
import { showRollout } from './demo-rollout.ts'

const ROOT = join(import.meta.dirname, '..')
const GUESTBOOK = join(ROOT, 'examples', 'guestbook')
const SELECTOR = 'app.kubernetes.io/part-of=guestbook'
const NAMESPACE = 'default'
const ROLLOUT_MS = 180_000
const ANSWER_MS = 30_000

/** What `navarch status -o json` says of a running cluster. */
interface Status {
  readonly state: string
  readonly kubeconfig: string
}

async function demo(options: readonly string[]): Promise<void> {
  const dataDir = optionsOf(options, '--data-dir')
  const real = process.platform === 'linux' && process.getuid?.() === 0
  if (!real) {
    console.log('Real containers need root on Linux, so this runs the same manifests on a simulated node.')
  }
  const { kubeconfig } = await ensureCluster(options, dataDir, real)
  using transport = new HttpsTransport(await loadKubeconfig(kubeconfig))
  const client = new Client(transport)
  if (real) await ensureImages(client, dataDir)
  for (const { name, outcome } of await applyFolder(client, GUESTBOOK, NAMESPACE)) console.log(`${name} ${outcome}`)
  await showRollout(client, { namespace: NAMESPACE, labelSelector: SELECTOR }, AbortSignal.timeout(ROLLOUT_MS))
  const url = real ? await urlOf(client) : undefined
  if (url) await expectPage(url)
  tellWhatNext(kubeconfig, url)
}

/** The options of one name, to hand on: `['--data-dir', D]` or none. */
function optionsOf(options: readonly string[], name: string): string[] {
  const place = options.indexOf(name)
  const value = options[place + 1]
  return place < 0 || value === undefined ? options.filter((option) => option.startsWith(`${name}=`)) : [name, value]
}

async function ensureCluster(options: readonly string[], dataDir: readonly string[], real: boolean): Promise<Status> {
  if ((await statusOf(dataDir)).state === 'absent') console.log('Making a cluster.')
  const node = real ? [] : ['--no-node', '--simulated-nodes', '1']
  await navarch(['up', '-d', ...node, ...options])
  return statusOf(dataDir)
}

async function statusOf(dataDir: readonly string[]): Promise<Status> {
  const text = await navarch(['status', '-o', 'json', ...dataDir], { quiet: true })
  return JSON.parse(text) as Status
}

/** Builds and loads the images that no node has. */
async function ensureImages(client: Client, dataDir: readonly string[]): Promise<void> {
  const { items } = await client.nodes.list()
  const present = new Set(items.flatMap(({ status }) => (status.images ?? []).flatMap(({ names }) => names ?? [])))
  if (Object.values(IMAGES).every((name) => present.has(name))) return
  const directory = await mkdtemp(join(tmpdir(), 'guestbook-'))
  try {
    await navarch(['image', 'load', ...dataDir, ...(await buildImages(directory))])
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Runs a command of the program. Quiet: answers its output, whatever its exit status, instead of showing it. */
function navarch(args: readonly string[], { quiet = false } = {}): Promise<string> {
  const child = spawn(join(ROOT, 'navarch'), args, { stdio: ['ignore', quiet ? 'pipe' : 'inherit', 'inherit'] })
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 || quiet ? resolve(text) : reject(new Error(`navarch ${args.join(' ')} ended with status ${code}`)),
    )
  })
}

/** Where the front end is reached from this host: the node's address and the Service's node port. */
async function urlOf(client: Client): Promise<string> {
  const { items } = await client.nodes.list()
  const node = items.find(({ metadata }) => metadata.labels?.[SIMULATED_LABEL] === undefined)
  const address = node?.status.addresses?.find(({ type }) => type === 'InternalIP')?.address
  const service = await client.services.get({ namespace: NAMESPACE, name: 'guestbook-frontend' })
  return `http://${address}:${service.spec.ports?.[0]?.nodePort}/`
}

/** Waits until the page is there, with its form and with the back end's answer in it. */
async function expectPage(url: string): Promise<void> {
  const end = Date.now() + ANSWER_MS
  for (;;) {
    const problem = await problemOf(url)
    if (problem === undefined) return console.log(`The page answers at ${url}`)
    if (Date.now() > end) throw new Error(`${url} does not show the guest book: ${problem}`)
    await delay(250)
  }
}

async function problemOf(url: string): Promise<string | undefined> {
  try {
    const { status, text } = await fetchText(url)
    if (status !== 200) return `the answer is ${status}`
    if (!text.includes('<form')) return 'the page has no form'
    return text.includes('role="alert"') ? 'the front end does not reach the back end' : undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** node:http, since fetch would ask a proxy of the environment. */
function fetchText(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: 5000 }, async (response) => {
      try {
        resolve({ status: response.statusCode ?? 0, text: (await response.setEncoding('utf8').toArray()).join('') })
      } catch (error) {
        reject(error)
      }
    })
    request.on('timeout', () => request.destroy(new Error('no answer in 5 s')))
    request.on('error', reject)
  })
}

function tellWhatNext(kubeconfig: string, url: string | undefined): void {
  const kubectl = `kubectl --kubeconfig ${kubeconfig}`
  const lines = [
    '',
    ...(url ? [`Guest book  ${url}`] : ['Guest book  on a simulated node: its pods run no programs and serve no page']),
    `kubeconfig  ${kubeconfig}`,
    '',
    'Three things to try next:',
    `  ${kubectl} get pods -o wide`,
    ...(url
      ? [
          `  ${kubectl} delete pod -l app.kubernetes.io/name=guestbook-backend   # sign the book first: the entries stay`,
          `  ${kubectl} rollout restart deployment guestbook-frontend            # the page answers all the while`,
        ]
      : [`  ${kubectl} scale deployment guestbook-frontend --replicas 50`, `  ${kubectl} describe node`]),
  ]
  console.log(lines.join('\n'))
}

try {
  await demo(process.argv.slice(2))
} catch (error) {
  console.error(`demo: ${(error as Error).message}`)
  process.exit(1)
}
