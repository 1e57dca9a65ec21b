/** Checks that imports between the folders of src/ point down only, as ARCHITECTURE.md draws them. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const COMPONENT = ['base', 'api', 'client']
const ALLOWED: Record<string, readonly string[] | 'all'> = {
  base: [],
  api: ['base'],
  store: ['base', 'api'],
  client: ['base', 'api'],
  apiserver: ['base', 'api', 'client', 'store'],
  controllers: COMPONENT,
  scheduler: COMPONENT,
  kubelet: COMPONENT,
  network: COMPONENT,
  proxy: COMPONENT,
  dns: COMPONENT,
  cmd: 'all',
  testing: 'all',
}

const IMPORT = /(?:import|export)[^'"\n]*?from\s+'([^']+)'|import\('([^']+)'\)/g

/** `kubelet/pod-worker.ts` → `kubelet`. */
const folder = (path: string): string => path.split('/')[1] ?? ''

function violations(file: string): string[] {
  const from = folder(file)
  const allowed = ALLOWED[from]
  if (allowed === undefined) return [`${file}: folder src/${from} is not in tools/layers.ts`]
  const isTest = /\.test\.ts$|\/contract\.ts$/.test(file)
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)]
    .map((match) => match[1] ?? (match[2] as string))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => folder(normalize(join(dirname(file), specifier))))
    .filter((to) => to !== from && !(to === 'testing' && isTest))
    .filter((to) => (to === 'testing' ? from !== 'testing' : allowed !== 'all' && !allowed.includes(to)))
    .map((to) => `${file}: src/${from} must not import src/${to}`)
}

const found = globSync('src/**/*.ts').sort().flatMap(violations)
for (const line of found) console.error(line)
if (found.length > 0) process.exit(1)
console.log('layers: imports point down')
