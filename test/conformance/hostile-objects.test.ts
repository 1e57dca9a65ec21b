import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { builtinResources } from '../../src/api/kinds/index.ts'
import type { ResourceDefinition } from '../../src/api/resource.ts'
import { StatusError } from '../../src/api/status-error.ts'
import { createAdmission } from '../../src/apiserver/admission/index.ts'
import { systemMasters } from '../../src/apiserver/authz/system-masters.ts'
import { systemClock } from '../../src/base/clock.ts'
import type { ApiRequest } from '../../src/client/transport.ts'
import { startTestApi } from '../../src/testing/api-server.ts'
import { FakeInformer } from '../../src/testing/fake-informer.ts'
import { FakeRbac } from '../../src/testing/rbac.ts'
import { fuzzObject, fuzzPatchValue } from '../fuzz/bodies.ts'
import { Chance } from '../fuzz/chance.ts'

// Whatever object or patch is sent, of whatever kind, the answer is an object or says what is wrong with it: defaults,
// admission and validation never break down. The whole of this lies within the process, so it can try very many.

const OBJECTS = Number(process.env.HOSTILE_OBJECTS ?? 40)
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const NAMESPACE = 'hostile'
const NAMES = ['fuzz-0', 'fuzz-1', 'fuzz-2']

const api = await startTestApi({ runtimeConfig: { 'api/all': true }, admission: createAdmission(admissionDeps()) })
const transport = api.server.transport({ name: 'admin', groups: ['system:masters'] })
after(() => api[Symbol.asyncDispose]())

function admissionDeps() {
  const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
  const empty = () => new FakeInformer<never>().lister
  const account = { metadata: { ...served, name: 'default', namespace: NAMESPACE } }
  return {
    client: admissionClient() as never,
    namespaces: new FakeInformer({ metadata: { ...served, name: NAMESPACE }, spec: {}, status: {} }).lister,
    serviceAccounts: new FakeInformer(account).lister,
    nodes: empty(),
    pods: empty(),
    persistentVolumeClaims: empty(),
    limitRanges: empty(),
    resourceQuotas: empty(),
    priorityClasses: empty(),
    storageClasses: empty(),
    ingressClasses: empty(),
    runtimeClasses: empty(),
    authorizer: systemMasters,
    rbac: new FakeRbac().index,
    clock: systemClock,
  }
}

/** Admission looks again where its listers have nothing. */
function admissionClient() {
  const missing = {
    get: () => Promise.reject(new StatusError({ code: 404, reason: 'NotFound', message: 'not found' })),
  }
  return { namespaces: missing, serviceAccounts: missing }
}

/** What was thrown by accident: upstream answers some requests with a 500 on purpose. */
function broken(error: unknown): Error | undefined {
  if (!(error instanceof StatusError)) return error as Error
  return error.cause instanceof TypeError || error.cause instanceof RangeError ? error.cause : undefined
}

async function fault(request: ApiRequest): Promise<string | undefined> {
  const body = JSON.stringify(request.body)
  try {
    await transport.call(request)
    return undefined
  } catch (error) {
    const cause = broken(error)
    if (!cause) return undefined
    return `${request.verb} ${request.resource.plural}: ${cause.stack?.split('\n').slice(0, 4).join(' | ')}\n  ${body.slice(0, 1500)}`
  }
}

async function faultsOf(definition: ResourceDefinition): Promise<string[]> {
  const faults: (string | undefined)[] = []
  const where = { resource: definition, ...(definition.namespaced && { namespace: NAMESPACE }) }
  for (let number = 0; number < OBJECTS; number++) {
    const chance = new Chance(SEED, number)
    const name = chance.oneOf(NAMES)
    const body = () => structuredClone(fuzzObject(definition, chance, name))
    faults.push(await fault({ ...where, verb: 'create', body: body() }))
    if (!definition.verbs.includes('update')) continue
    faults.push(await fault({ ...where, verb: 'update', name, body: body() }))
    const subresource = chance.oneOf(Object.keys(definition.subresources))
    if (subresource) faults.push(await fault({ ...where, verb: 'update', name, subresource, body: body() }))
    for (const patchType of ['json', 'merge', 'strategic', 'apply'] as const) {
      const patch = structuredClone(fuzzPatchValue(definition, chance, patchType))
      const query = { fieldManager: 'fuzz' }
      faults.push(await fault({ ...where, verb: 'patch', name, patchType, query, body: patch }))
    }
  }
  return faults.filter((found) => found !== undefined)
}

for (const definition of builtinResources().filter(({ verbs }) => verbs.includes('create'))) {
  test(`${definition.version} ${definition.kind}: nothing that is sent breaks the server down`, async () => {
    assert.deepEqual(await faultsOf(definition), [])
  })
}
