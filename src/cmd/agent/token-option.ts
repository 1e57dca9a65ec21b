import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Given } from '../options.ts'
import { UsageError } from '../usage-error.ts'
import { NEW_TOKEN } from './discover-cluster.ts'
import { isAuthorityHash, type JoinToken, parseJoinToken } from './join-token.ts'

/** The token that was named, with the hashes that vouch for the cluster. Throws a UsageError with the remedy. */
export function tokenOptionOf(given: Given): JoinToken {
  const file = given.text('token-file')
  if (file === undefined) {
    throw new UsageError("--token-file is missing: a node joins with what 'navarch token create' prints on a server.", {
      exitCode: 2,
    })
  }
  const parsed = parseJoinToken(textOf(resolve(file)))
  if (!parsed) throw new UsageError(`${file} has no token of the form [sha256:…::]id.secret. ${NEW_TOKEN}`)
  const authorityHashes = [...parsed.authorityHashes, ...namedHashes(given)]
  if (authorityHashes.length > 0) return { token: parsed.token, authorityHashes }
  throw new UsageError(
    `the token in ${file} does not say by what to know the cluster. Take the whole line that 'navarch token create' prints, or add --discovery-token-ca-cert-hash sha256:….`,
  )
}

function namedHashes(given: Given): string[] {
  const named = given.texts('discovery-token-ca-cert-hash').flatMap((text) => text.split(',').filter(Boolean))
  const wrong = named.find((hash) => !isAuthorityHash(hash))
  if (wrong === undefined) return named
  throw new UsageError(`--discovery-token-ca-cert-hash takes sha256: and 64 hexadecimal digits, not '${wrong}'.`, {
    exitCode: 2,
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`the token file cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}
