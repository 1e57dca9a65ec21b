import { operationId, operationTag, titled } from './operation-id.ts'
import type { Operation } from './operations.ts'
import { writtenOperation } from './paths.ts'
import type { Dialect, JsonSchema } from './schemas.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const VERSION_INFO = 'io.k8s.apimachinery.pkg.version.Info'

/** A path that is not a resource's, with its only operation. */
export interface GeneralPath {
  /** `/apis/apps/`. */
  readonly at: string
  /** Name of the type answered. */
  readonly answer: string
  readonly operationId: string
  readonly tag: string
  readonly description: string
}

/** By the path of their documents of version 3: what tells of the server, the groups and their versions. */
export function generalPaths(groups: readonly string[]): ReadonlyMap<string, GeneralPath> {
  const paths = new Map<string, GeneralPath>([
    ['api', discovery('/api/', 'APIVersions', 'getCoreAPIVersions', 'core', 'get the versions of the core group')],
    ['apis', discovery('/apis/', 'APIGroupList', 'getAPIVersions', 'apis', 'get the groups and their versions')],
    [
      'version',
      {
        at: '/version/',
        answer: VERSION_INFO,
        operationId: 'getCodeVersion',
        tag: 'version',
        description: 'get the version of this server',
      },
    ],
  ])
  for (const group of groups.filter((name) => name !== '')) {
    const tag = operationTag({ group, version: '' }).replace(/_$/, '')
    const id = `get${titled(tag)}APIGroup`
    paths.set(`apis/${group}`, discovery(`/apis/${group}/`, 'APIGroup', id, tag, 'get the versions of a group'))
  }
  return paths
}

/** `/apis/apps/v1/`: the resources of a group version. */
export function resourceListPath(at: { group: string; version: string }): GeneralPath {
  const root = at.group === '' ? `/api/${at.version}/` : `/apis/${at.group}/${at.version}/`
  const id = operationId(at, { verb: 'get', subject: 'APIResources' })
  return discovery(root, 'APIResourceList', id, operationTag(at), 'get the resources of a group version')
}

function discovery(at: string, type: string, operationId: string, tag: string, description: string): GeneralPath {
  return { at, answer: META + type, operationId, tag, description }
}

/** Paths as a document has them. */
export function writtenPaths(paths: Iterable<GeneralPath>, dialect: Dialect): JsonSchema {
  return Object.fromEntries([...paths].map((path) => [path.at, { get: getOperation(path, dialect) }]))
}

function getOperation({ answer, operationId, tag, description }: GeneralPath, dialect: Dialect): JsonSchema {
  const operation: Operation = {
    ...{ method: 'get', action: 'get', verb: 'get', subject: '', description },
    ...{ parameters: [], answer, codes: [200] },
  }
  return writtenOperation(operation, { tags: [tag], description, operationId }, { dialect, custom: false })
}
