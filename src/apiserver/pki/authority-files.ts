import type { Clock } from '../../base/clock.ts'
import { loadOrIssueAuthority } from './authority.ts'
import { PkiFiles } from './files.ts'
import { loadOrMakeKey } from './keys.ts'

/** What servers of one cluster have in common: the authorities and the key that signs service account tokens. */
export const AUTHORITY_FILES = ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key'] as const
export type AuthorityFile = (typeof AUTHORITY_FILES)[number]
export type AuthorityFiles = Readonly<Record<AuthorityFile, string>>

/** Those of a directory, made where they are missing. */
export async function makeAuthorityFiles(directory: string, clock: Clock): Promise<AuthorityFiles> {
  const files = new PkiFiles(directory)
  await loadOrIssueAuthority('ca', files, clock)
  await loadOrIssueAuthority('front-proxy-ca', files, clock)
  loadOrMakeKey(files, 'sa')
  return Object.fromEntries(AUTHORITY_FILES.map((name) => [name, files.read(name) as string])) as AuthorityFiles
}

/** Whether a directory has an authority already. */
export function hasAuthorityFiles(directory: string): boolean {
  return new PkiFiles(directory).read('ca.key') !== undefined
}

/**
 * Puts them into a directory. Keys that are there have to be the same: answers the file that is another cluster's, having
 * changed nothing. A certificate may be another of the same key, since each server renews it by itself.
 */
export function installAuthorityFiles(directory: string, wanted: AuthorityFiles): AuthorityFile | undefined {
  const files = new PkiFiles(directory)
  const missing = AUTHORITY_FILES.filter((name) => files.read(name) === undefined)
  const foreign = AUTHORITY_FILES.find(
    (name) => name.endsWith('.key') && !missing.includes(name) && files.read(name) !== wanted[name],
  )
  if (foreign) return foreign
  for (const name of missing) files.writeNew(name, wanted[name])
  return undefined
}
