import type { Secret } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { AuthConfig } from '../cri/messages.ts'
import { parseImageReference, splitRegistry } from './image-reference.ts'

interface RegistryEntry {
  /** Host with an optional port and path; each part of the host may be a glob: `*.example.com/team`. */
  readonly pattern: string
  readonly auth: AuthConfig
}

interface DockerAuth {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
}

const DOCKER_HUB = 'index.docker.io'

/** The credentials in pull secrets, most specific registry first. Secrets that cannot be read are passed over. */
export function keyringOf(secrets: readonly DeepReadonly<Secret>[]): RegistryEntry[] {
  const entries = secrets
    .flatMap((secret) => Object.entries(authsIn(secret)))
    .map(([server, auth]) => entryOf(server, auth))
  return entries.sort((a, b) => (a.pattern < b.pattern ? 1 : a.pattern > b.pattern ? -1 : 0))
}

function authsIn({ type, data = {} }: DeepReadonly<Secret>): Record<string, DockerAuth> {
  if (type === 'kubernetes.io/dockerconfigjson')
    return parse<{ auths?: Record<string, DockerAuth> }>(data['.dockerconfigjson']).auths ?? {}
  if (type === 'kubernetes.io/dockercfg') return parse<Record<string, DockerAuth>>(data['.dockercfg'])
  return {}
}

function parse<T extends object>(base64 = ''): T {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString()) as T
  } catch {
    return {} as T // admission refuses such secrets; what is left is as good as none
  }
}

function entryOf(server: string, { username, password, auth, identitytoken }: DockerAuth): RegistryEntry {
  const bare = server.replace(/^https?:\/\//, '').replace(/\/$/, '')
  const pattern = bare.replace(/\/v[12]$/, '')
  const [user = '', ...rest] = Buffer.from(auth ?? '', 'base64')
    .toString()
    .split(':')
  return {
    pattern,
    auth: {
      username: username ?? user,
      password: password ?? rest.join(':'),
      ...(identitytoken && { identityToken: identitytoken }),
    },
  }
}

/** All credentials that may open an image's registry, to be tried in this order. */
export function credentialsFor(image: string, keyring: readonly RegistryEntry[]): AuthConfig[] {
  const { registry, path } = splitRegistry(parseImageReference(image).name)
  const names = registry === 'docker.io' ? [`docker.io/${path}`, `${DOCKER_HUB}/${path}`] : [`${registry}/${path}`]
  return keyring.filter(({ pattern }) => names.some((name) => matches(pattern, name))).map(({ auth }) => auth)
}

function matches(pattern: string, name: string): boolean {
  const [host = '', ...path] = pattern.split('/')
  const [imageHost = '', ...imagePath] = name.split('/')
  const prefix = path.join('/')
  return hostMatches(host, imageHost) && (prefix === '' || `${imagePath.join('/')}`.startsWith(prefix))
}

function hostMatches(pattern: string, host: string): boolean {
  const [patternName = '', patternPort = ''] = pattern.split(':')
  const [name = '', port = ''] = host.split(':')
  const wanted = patternName.split('.')
  const given = name.split('.')
  if (patternPort !== port || wanted.length !== given.length) return false
  return wanted.every((part, place) => globMatches(part, given[place] as string))
}

function globMatches(glob: string, text: string): boolean {
  const expression = glob
    .split('*')
    .map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${expression}$`).test(text)
}
