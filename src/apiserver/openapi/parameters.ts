import type { Dialect, JsonSchema } from './schemas.ts'

type ScalarName = 'string' | 'boolean' | 'integer'

const QUERY: Readonly<Record<string, readonly [type: ScalarName, description: string]>> = {
  pretty: ['string', 'Whether the answer is indented.'],
  dryRun: ['string', 'With All, everything happens except that nothing is stored.'],
  fieldManager: ['string', 'Name of who makes the change.'],
  fieldValidation: ['string', 'What becomes of unknown and duplicate fields: Ignore, Warn or Strict.'],
  force: ['boolean', 'Takes over fields that others own, when applying.'],
  allowWatchBookmarks: ['boolean', 'Whether a watch may send bookmarks.'],
  continue: ['string', 'Where the next part of a list begins, as the last part said.'],
  fieldSelector: ['string', 'Selects objects by their fields.'],
  labelSelector: ['string', 'Selects objects by their labels.'],
  limit: ['integer', 'How many objects one answer has at most.'],
  resourceVersion: ['string', 'How fresh the answer has to be.'],
  resourceVersionMatch: ['string', 'How resourceVersion is meant: Exact or NotOlderThan.'],
  sendInitialEvents: ['boolean', 'Whether a watch begins with the objects there are.'],
  timeoutSeconds: ['integer', 'After how many seconds the call ends.'],
  watch: ['boolean', 'Watches instead of listing.'],
  gracePeriodSeconds: ['integer', 'How long the object may take to end.'],
  orphanDependents: ['boolean', 'Old form of propagationPolicy.'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['boolean', 'Deletes an object even though it cannot be read.'],
  container: ['string', 'Name of the container; needed where the pod has more than one.'],
  follow: ['boolean', 'Whether the log goes on while the container runs.'],
  insecureSkipTLSVerifyBackend: ['boolean', 'Whether the certificate of the kubelet is taken unseen.'],
  limitBytes: ['integer', 'How many bytes of the log are sent at most.'],
  previous: ['boolean', 'Whether the log is that of the container’s last run.'],
  sinceSeconds: ['integer', 'How many seconds back the log begins.'],
  stream: ['string', 'Which output: All, Stdout or Stderr.'],
  tailLines: ['integer', 'With how many of its last lines the log begins.'],
  timestamps: ['boolean', 'Whether each line begins with its time.'],
  command: ['string', 'Program and arguments to run; not split by a shell.'],
  stdin: ['boolean', 'Whether the standard input is connected.'],
  stdout: ['boolean', 'Whether the standard output is connected.'],
  stderr: ['boolean', 'Whether the standard error output is connected.'],
  tty: ['boolean', 'Whether a terminal is made for the program.'],
  ports: ['integer', 'Ports to forward; with WebSockets only.'],
  path: ['string', 'Path and query of the proxied request.'],
  propagationPolicy: ['string', 'What becomes of dependents: Orphan, Background or Foreground.'],
}

export const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation']
export const PATCH_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force']
export const GET_PARAMETERS: readonly string[] = []
export const DELETE_PARAMETERS = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
]
export const LIST_PARAMETERS = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
]

/** Parameters of a query string, by name. */
export const queryParameters = (names: readonly string[], dialect: Dialect): JsonSchema[] =>
  names.map((name) => {
    const [type, description] = QUERY[name] ?? ['string', name]
    return parameter(name, 'query', type, description, dialect)
  })

/** The variable parts of a path, and `pretty`, which every operation takes. */
export function pathParameters(path: string, kind: string, dialect: Dialect): JsonSchema[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
  return [
    ...names.map((name) => parameter(name, 'path', 'string', pathDescription(name, kind), dialect)),
    ...queryParameters(['pretty'], dialect),
  ]
}

function pathDescription(name: string, kind: string): string {
  if (name === 'path') return 'The rest of the path, which is passed on.'
  return name === 'name' ? `name of the ${kind}` : 'The namespace that the object is in.'
}

function parameter(
  name: string,
  place: 'query' | 'path',
  type: ScalarName,
  description: string,
  dialect: Dialect,
): JsonSchema {
  return {
    name,
    in: place,
    description,
    ...(place === 'path' && { required: true }),
    ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  }
}
