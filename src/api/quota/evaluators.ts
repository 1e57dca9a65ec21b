import { deviceClaims } from './device-claims.ts'
import type { QuotaEvaluator } from './evaluator.ts'
import { objectCount } from './object-count.ts'
import { pods } from './pods.ts'
import { services } from './services.ts'
import { volumeClaims } from './volume-claims.ts'

/** Resources that quota counts by more than the number of objects, or under a name of their own. */
export const ownEvaluators = [
  pods,
  services,
  volumeClaims,
  deviceClaims,
  objectCount('', 'configmaps', 'configmaps'),
  objectCount('', 'resourcequotas', 'resourcequotas'),
  objectCount('', 'replicationcontrollers', 'replicationcontrollers'),
  objectCount('', 'secrets', 'secrets'),
] as unknown as readonly QuotaEvaluator[]

const known = new Map(ownEvaluators.map((evaluator) => [`${evaluator.group}/${evaluator.plural}`, evaluator]))

/** The evaluator of a resource: those without one of their own are counted as objects. */
export const evaluatorOf = (group: string, plural: string): QuotaEvaluator =>
  known.get(`${group}/${plural}`) ?? objectCount(group, plural)

/** Not stored, or never counted: events. */
const uncounted = new Set([
  '/bindings',
  '/componentstatuses',
  '/events',
  'events.k8s.io/events',
  'authentication.k8s.io/tokenreviews',
  'authentication.k8s.io/selfsubjectreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

export const isCounted = (group: string, plural: string): boolean => !uncounted.has(`${group}/${plural}`)
