import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Secret } from '../../../types/core.v1.ts'
import { dataKeyErrors } from '../../validation/data-keys.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import { FieldPath } from '../../validation/field-path.ts'
import { base64Bytes, MAX_DATA_BYTES } from '../data.ts'

type ReadonlySecret = DeepReadonly<Secret>

const dataPath = FieldPath.of('data')
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const PULL_CONFIG = '.dockercfg'
const PULL_CONFIG_JSON = '.dockerconfigjson'

/** Keys, total size, and what the type needs. */
export function checkSecret(secret: ReadonlySecret, errors: FieldErrors): void {
  let size = 0
  for (const key in secret.data) {
    errors.invalidAll(dataPath.key(key), key, dataKeyErrors(key))
    size += base64Bytes(secret.data[key] as string)
  }
  if (size > MAX_DATA_BYTES) errors.tooLong(dataPath, MAX_DATA_BYTES)
  checkType(secret, errors)
}

function checkType({ type, data = {}, metadata }: ReadonlySecret, errors: FieldErrors): void {
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.[ACCOUNT_NAME]) {
        errors.required(FieldPath.of('metadata.annotations').key(ACCOUNT_NAME))
      }
      break
    case 'kubernetes.io/dockercfg':
      checkPullConfig(PULL_CONFIG, data[PULL_CONFIG], errors)
      break
    case 'kubernetes.io/dockerconfigjson':
      checkPullConfig(PULL_CONFIG_JSON, data[PULL_CONFIG_JSON], errors)
      break
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined)
        requireKeys(data, ['username', 'password'], errors)
      break
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.required(dataPath.key('ssh-privatekey'))
      break
    case 'kubernetes.io/tls':
      requireKeys(data, ['tls.crt', 'tls.key'], errors)
      break
  }
}

function requireKeys(data: Readonly<Record<string, string>>, keys: readonly string[], errors: FieldErrors): void {
  for (const key of keys) if (data[key] === undefined) errors.required(dataPath.key(key))
}

/** The registry logins have to be a JSON object; their content is never shown. */
function checkPullConfig(key: string, encoded: string | undefined, errors: FieldErrors): void {
  if (encoded === undefined) return errors.required(dataPath.key(key))
  const problem = jsonObjectError(Buffer.from(encoded, 'base64').toString())
  if (problem) errors.invalid(dataPath.key(key), '<secret contents redacted>', problem)
}

/** In the words of Go's decoder. */
function jsonObjectError(text: string): string | undefined {
  if (text.trim() === '') return 'unexpected end of JSON input'
  try {
    const value: unknown = JSON.parse(text)
    return value === null || (typeof value === 'object' && !Array.isArray(value)) ? undefined : wrongType(value)
  } catch (error) {
    return syntaxError(text, error as Error)
  }
}

function wrongType(value: unknown): string {
  const name = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${name} into Go value of type map[string]interface {}`
}

const literals = ['null', 'true', 'false']

function syntaxError(text: string, error: Error): string {
  const trimmed = text.trimStart()
  const literal = literals.find((word) => word[0] === trimmed[0])
  if (literal) return literalError(trimmed, literal)
  const position = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length)
  if (position >= text.length) return 'unexpected end of JSON input'
  const isFirst = text.slice(0, position).trim() === ''
  const where = isFirst ? 'beginning of value' : 'beginning of object key string'
  return `invalid character '${text[position]}' looking for ${where}`
}

function literalError(text: string, literal: string): string {
  const at = [...literal].findIndex((letter, index) => text[index] !== letter)
  if (at < 0) return `invalid character '${text[literal.length]}' after top-level value`
  if (text[at] === undefined) return 'unexpected end of JSON input'
  return `invalid character '${text[at]}' in literal ${literal} (expecting '${literal[at]}')`
}
