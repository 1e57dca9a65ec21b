import type { Chance } from './chance.ts'
import { mutateText, NASTY_TEXTS } from './mutations.ts'

/** What a client learned from earlier answers. */
export interface Known {
  readonly revision: string
  readonly continueToken: string
}

type Values = (known: Known) => readonly string[]

const BOOLEANS = ['true', 'false', '1', '0', 'True', '', 'maybe']
const NUMBERS = ['0', '1', '2', '500', '-1', '+3', '1.5', 'many', '9223372036854775808', '']
const revisions: Values = ({ revision }) => ['', '0', '1', revision, `${Number(revision) - 3}`, '-1', 'x', '00']

const READ: Readonly<Record<string, Values>> = {
  resourceVersion: revisions,
  resourceVersionMatch: () => ['Exact', 'NotOlderThan', '', 'exact'],
  limit: () => NUMBERS,
  continue: ({ continueToken }) => [continueToken, '', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9', 'x'],
  labelSelector: () => ['a=b', 'a', '!a', 'a in (b,c)', 'a notin ()', 'a>1', 'a=b=c', ',', 'suite=x,app'],
  fieldSelector: () => [
    'metadata.name=fuzz-1',
    'metadata.namespace=fuzz-a',
    'metadata.name!=fuzz-1',
    'spec.nodeName=n,status.phase!=Running',
    'type=Opaque',
    'involvedObject.name=x',
    'a\\,b=c',
    'a',
    '=',
  ],
  watch: () => BOOLEANS,
  allowWatchBookmarks: () => BOOLEANS,
  sendInitialEvents: () => BOOLEANS,
  timeoutSeconds: () => ['1', '0', '-1', 'x', '1'],
  pretty: () => BOOLEANS,
  includeObject: () => ['None', 'Object', 'Metadata', 'x'],
}

const WRITE: Readonly<Record<string, Values>> = {
  dryRun: () => ['All', '', 'Some'],
  fieldManager: () => ['fuzz', '', 'x'.repeat(129), 'a\tb'],
  fieldValidation: () => ['Strict', 'Warn', 'Ignore', '', 'strict'],
  force: () => BOOLEANS,
  gracePeriodSeconds: () => NUMBERS,
  propagationPolicy: () => ['Foreground', 'Background', 'Orphan', '', 'x'],
  orphanDependents: () => BOOLEANS,
  pretty: () => BOOLEANS,
  resourceVersion: revisions,
}

/** A query without its question mark: parameters that belong to the method, sometimes others, sometimes broken. */
export function fuzzQuery(chance: Chance, method: string, known: Known): string {
  const isRead = method === 'GET' || method === 'HEAD'
  if (chance.is(0.45)) return isRead && chance.is(0.15) ? 'watch=1&timeoutSeconds=1' : ''
  const parameters = chance.is(0.9) === isRead ? READ : WRITE
  const names = Object.keys(parameters)
  const parts: string[] = []
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const name = chance.oneOf(names)
    const values = (parameters[name] as Values)(known)
    const value = chance.is(0.85) ? chance.oneOf(values) : chance.oneOf(NASTY_TEXTS)
    parts.push(`${name}=${encodeURIComponent(chance.is(0.08) ? mutateText(value, chance) : value)}`)
  }
  const query = parts.join('&')
  return chance.is(0.04) ? mutateText(query, chance).replace(/[^!-~]|#/g, '+') : query
}
