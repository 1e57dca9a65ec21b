import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Pki } from '../../apiserver/pki/pki.ts'
import type { Logger } from '../../base/log.ts'

interface Kubeconfig {
  clusters?: { name: string }[] | null
  users?: { name: string }[] | null
  contexts?: { name: string }[] | null
  'current-context'?: string
}

/** Writes the administrator's kubeconfig of a cluster. */
export async function writeAdminKubeconfig(file: string, server: string, pki: Pki): Promise<void> {
  const { kubeconfigYaml } = await import('../../apiserver/pki/kubeconfig.ts')
  writePrivate(file, kubeconfigYaml({ server, authority: pki.authority('ca'), credentials: pki.admin }))
}

/**
 * Puts the cluster into the user's own kubeconfig (the first file of KUBECONFIG, else ~/.kube/config) as context `navarch`,
 * beside what is there. It becomes the current context only where there was none. A file that cannot be understood is
 * left alone.
 */
export async function mergeIntoUserKubeconfig(adminFile: string, log: Logger): Promise<void> {
  const { parse, stringify } = await import('yaml')
  const file = userKubeconfig()
  try {
    const ours = parse(readFileSync(adminFile, 'utf8')) as Kubeconfig
    const present = (parse(readOrEmpty(file)) ?? {}) as Kubeconfig
    const text = stringify(merged(present, ours), { lineWidth: 0 })
    if (text !== readOrEmpty(file)) writePrivate(file, text)
  } catch (error) {
    log.warn('the kubeconfig of the user was not changed', { file, error })
  }
}

function userKubeconfig(): string {
  const named = (process.env.KUBECONFIG ?? '').split(':').find((part) => part !== '')
  return named ?? join(homedir(), '.kube', 'config')
}

function merged(present: Kubeconfig, ours: Kubeconfig): object {
  const join = (key: 'clusters' | 'users' | 'contexts') => {
    const names = new Set((ours[key] ?? []).map(({ name }) => name))
    return [...(present[key] ?? []).filter(({ name }) => !names.has(name)), ...(ours[key] ?? [])]
  }
  const current = present['current-context'] || ours['current-context']
  const lists = { clusters: join('clusters'), users: join('users'), contexts: join('contexts') }
  return { apiVersion: 'v1', kind: 'Config', preferences: {}, ...present, ...lists, 'current-context': current }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Whole or not at all, and for the owner alone. */
function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}
