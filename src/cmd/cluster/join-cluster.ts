import { mkdtempSync, rmSync } from 'node:fs'
import type { ApiObject } from '../../api/resource.ts'
import type { AuthorityFiles } from '../../apiserver/pki/authority-files.ts'
import { hasAuthorityFiles, installAuthorityFiles, makeAuthorityFiles } from '../../apiserver/pki/authority-files.ts'
import { CannotUnseal, type Sealed, seal, unseal } from '../../apiserver/pki/sealed.ts'
import { encodeStored, StoredObject } from '../../apiserver/watch-cache/stored-value.ts'
import type { Clock } from '../../base/clock.ts'
import { RevisionMismatch, type Store } from '../../store/store.ts'
import { UsageError } from '../usage-error.ts'
import { type ClusterConfig, writeConfig } from './cluster-config.ts'
import type { ClusterPaths } from './paths.ts'
import type { TokenFile } from './token-file.ts'

/** Where the servers of a cluster keep what they have in common (ADR 23). */
const KEY = '/registry/navarch/cluster-secrets'
const FORMAT_VERSION = 1

/** What a server has to know to be one of the cluster's. */
interface ClusterSecrets {
  readonly formatVersion: number
  /** Decides the addresses of pods and Services. */
  readonly instance: number
  readonly authorities: AuthorityFiles
}

export interface JoinOptions {
  readonly store: Store
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  /** Has the cluster's token; made by the first server where there is none. */
  readonly tokenFile: TokenFile
  readonly clock: Clock
}

/**
 * Makes this data directory one of a server of the cluster whose state is in the store: its authorities and network are
 * those of the servers that are there; the first server's own become the cluster's. Throws a UsageError with the remedy for
 * a wrong token, and for a data directory of another cluster.
 */
export async function joinCluster(options: JoinOptions): Promise<ClusterConfig> {
  const { paths, config } = options
  const secrets = (await present(options)) ?? (await found(options))
  const foreign = installAuthorityFiles(paths.pki, secrets.authorities)
  if (foreign) {
    throw new UsageError(
      `${paths.pki} has ${foreign} of another cluster than the one in etcd. Name another --data-dir, or another --etcd-prefix for a cluster of its own.`,
    )
  }
  const joined = { ...config, instance: secrets.instance }
  writeConfig(paths, joined)
  return joined
}

/** The cluster's secrets; undefined when it has none yet. */
async function present({ store, tokenFile }: JoinOptions): Promise<ClusterSecrets | undefined> {
  const { entry } = await store.get(KEY)
  if (!entry) return undefined
  const token = tokenFile.read()
  if (token === undefined) {
    throw new UsageError(
      `this cluster has servers already. Copy their token to ${tokenFile.path}, or name it with --token-file.`,
    )
  }
  const object = new StoredObject(KEY, entry.value, entry.revision).object() as unknown as { sealed: Sealed }
  try {
    return known(JSON.parse(await unseal(object.sealed, token, KEY)) as ClusterSecrets)
  } catch (error) {
    if (!(error instanceof CannotUnseal)) throw error
    throw new UsageError(
      `the token in ${tokenFile.path} is not this cluster's. Copy the one of a server that is there, or name it with --token-file.`,
      { cause: error },
    )
  }
}

function known(secrets: ClusterSecrets): ClusterSecrets {
  if (secrets.formatVersion <= FORMAT_VERSION) return secrets
  throw new UsageError(
    `the servers of this cluster are of a newer Navarch (secrets of format ${secrets.formatVersion}, this one knows ${FORMAT_VERSION}). Use that version.`,
  )
}

/** Gives the cluster its secrets, unless another server was faster: then those are the cluster's. */
async function found(options: JoinOptions): Promise<ClusterSecrets> {
  const { store, config, tokenFile } = options
  const authorities = await ownAuthorities(options)
  const secrets: ClusterSecrets = { formatVersion: FORMAT_VERSION, instance: config.instance, authorities }
  const given = tokenFile.read()
  const sealed = await seal(JSON.stringify(secrets), given ?? tokenFile.make(), KEY)
  try {
    await store.put(KEY, encodeStored(objectOf(sealed)), 0)
    return secrets
  } catch (error) {
    if (!(error instanceof RevisionMismatch)) throw error // the token is kept: the secrets may be there
    if (given === undefined) tokenFile.remove()
    return (await present(options)) as ClusterSecrets
  }
}

/** Those of the data directory, if it was a cluster before; else new ones, which are not in it before they are the cluster's. */
async function ownAuthorities({ paths, clock }: JoinOptions): Promise<AuthorityFiles> {
  if (hasAuthorityFiles(paths.pki)) return makeAuthorityFiles(paths.pki, clock)
  const aside = mkdtempSync(`${paths.pki}-`)
  try {
    return await makeAuthorityFiles(aside, clock)
  } finally {
    rmSync(aside, { recursive: true })
  }
}

const objectOf = (sealed: Sealed): ApiObject =>
  ({ kind: 'ClusterSecrets', apiVersion: 'navarch/v1', metadata: {}, sealed }) as ApiObject
