import type { KeyObject } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import type { PkiFiles } from './files.ts'

/** The private key `<name>.key`, PEM (PKCS #8). Made on first use (ECDSA P-256), and never replaced. */
export function loadOrMakeKey(files: PkiFiles, name: string): string {
  const stored = files.read(`${name}.key`)
  if (stored) return stored
  const pem = keyPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  files.writeNew(`${name}.key`, pem)
  return pem
}

export const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string
