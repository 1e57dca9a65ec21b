import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Device, DeviceClass, ResourceClaim, ResourceSlice } from '../../types/resource.v1.ts'
import { deviceClasses } from './device-class.ts'
import { resourceClaims } from './resource-claim.ts'
import { resourceSlices } from './resource-slice.ts'

const texts = (errors: readonly { field: string; message: string }[] | undefined): string[] =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`)

const claim = (spec: object, rest: object = {}) => {
  const object = { metadata: { name: 'c' }, spec, ...rest } as ResourceClaim
  resourceClaims.rules.default?.(object)
  return object
}
const exactly = { deviceClassName: 'gpu' }
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const claims: [devices: object, want: string[]][] = [
  [{ requests: [{ name: 'a', exactly }], constraints: [{ requests: ['a'], matchAttribute: 'x.com/model' }] }, []],
  [
    {
      requests: [
        { name: 'a', exactly },
        { name: 'a', exactly, firstAvailable: [{ name: 'b', ...exactly }] },
      ],
    },
    [
      'requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
      'requests[1]: Duplicate value: "a"',
    ],
  ],
  [
    { requests: [{ name: 'A_', exactly: { ...exactly, allocationMode: 'All', count: 2, selectors: [{}] } }] },
    [
      `requests[0].name: Invalid value: "A_": ${LABEL}`,
      'requests[0].exactly.selectors[0].cel: Required value',
      "requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    ],
  ],
  [
    { requests: [{ name: 'a', exactly: { ...exactly, tolerations: [{ operator: 'Exists', value: 'x' }] } }] },
    ['requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`'],
  ],
  [
    {
      requests: [{ name: 'a', firstAvailable: [{ name: 'b', ...exactly }] }],
      constraints: [{ requests: ['a/b', 'a/c'], matchAttribute: 'model' }, {}],
      config: [{ requests: ['a'] }, { opaque: { driver: 'x.com', parameters: [1] } }],
    },
    [
      `constraints[0].requests[1]: Invalid value: "a/c": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
      'constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      'constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      'config[0].opaque: Required value',
      'config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
  ],
]
for (const [devices, want] of claims) {
  test(`a claim of ${JSON.stringify(devices).slice(0, 70)} has ${want.length} faults`, () => {
    const paths = want.map((text) => `spec.devices.${text}`)
    assert.deepEqual(texts(resourceClaims.rules.validate?.(claim({ devices }))), paths)
  })
}

const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
const slice = (spec: object) =>
  ({ metadata: { name: 's' }, spec: { driver: 'x.com', pool, nodeName: 'n', ...spec } }) as ResourceSlice
const withDevice = (device: object) => ({ devices: [{ name: 'd', ...device } as Device] })
const DEVICE = 'devices[0]'

const slices: [spec: object, want: string[]][] = [
  [withDevice({ attributes: { model: { string: 'a' }, 'y.com/v': { version: '1.2.3-rc.1+b' } } }), []],
  [
    withDevice({ attributes: { 'a-b': {}, v: { version: '1', string: 'x' } } }),
    [
      `${DEVICE}.attributes: Invalid value: "a-b": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')`,
      `${DEVICE}.attributes[a-b]: Invalid value: "": exactly one value must be specified`,
      `${DEVICE}.attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0`,
      `${DEVICE}.attributes[v]: Invalid value: {"version":"1","string":"x"}: exactly one value must be specified`,
    ],
  ],
  [
    withDevice({ capacity: { m: { value: '8', requestPolicy: { default: '1' } } } }),
    [`${DEVICE}.capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true`],
  ],
  [
    withDevice({
      allowMultipleAllocations: true,
      capacity: {
        a: { value: '8', requestPolicy: { default: '3', validValues: ['4', '2', '9'] } },
        b: { value: '8', requestPolicy: { default: '3', validRange: { min: '2', max: '9', step: '2' } } },
      },
    }),
    [
      `${DEVICE}.capacity[a].requestPolicy.validValues[1]: Invalid value: "2": values must be sorted in ascending order`,
      `${DEVICE}.capacity[a].requestPolicy.validValues[2]: Invalid value: "9": option is larger than capacity value: 8`,
      `${DEVICE}.capacity[a].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy`,
      `${DEVICE}.capacity[b].requestPolicy.validRange.max: Invalid value: "9": max is larger than capacity value: 8`,
      `${DEVICE}.capacity[b].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)`,
      `${DEVICE}.capacity[b].requestPolicy.validRange.step: Invalid value: "9": value is not a multiple of a given step (2) from (2)`,
    ],
  ],
  [
    withDevice({ taints: [{ key: 'a', effect: 'Odd' }], consumesCounters: [{ counterSet: 'c', counters: {} }] }),
    [
      `${DEVICE}.taints[0].effect: Unsupported value: "Odd": supported values: "NoExecute", "NoSchedule", "None"`,
      `${DEVICE}.consumesCounters[0].counters: Required value`,
    ],
  ],
  [
    withDevice({ bindingConditions: ['a', 'a'], nodeName: 'n' }),
    [
      `${DEVICE}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
      `${DEVICE}.bindingConditions[1]: Duplicate value: "a"`,
      `${DEVICE}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`,
    ],
  ],
  [
    { allNodes: true, pool: { ...pool, name: '' }, sharedCounters: [{ name: '', counters: { A_: { value: '1' } } }] },
    [
      'pool.name: Required value',
      ': Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
      'sharedCounters[0].name: Required value',
      `sharedCounters[0].counters: Invalid value: "A_": ${LABEL}`,
    ],
  ],
]
for (const [spec, want] of slices) {
  test(`a slice with ${JSON.stringify(spec).slice(0, 70)} has ${want.length} faults`, () => {
    const paths = want.map((text) => (text.startsWith(':') ? `spec${text}` : `spec.${text}`))
    assert.deepEqual(texts(resourceSlices.rules.validate?.(slice(spec))), paths)
  })
}

test('what a device had may stay, whatever younger rules say', () => {
  const old = slice(withDevice({ taints: [{ key: 'a', effect: 'Odd' }] }))
  assert.deepEqual(texts(resourceSlices.rules.validate?.(old, old)), [])
})

test('a class may stand for an extended resource', () => {
  const object = { metadata: { name: 'c' }, spec: { extendedResourceName: 'cpu', config: [{}] } } as DeviceClass
  assert.deepEqual(texts(deviceClasses.rules.validate?.(object)), [
    'spec.config[0].opaque: Required value',
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ])
})

const result = { request: 'a', driver: 'x.com', pool: 'p', device: 'd' }
const allocation = { devices: { results: [result] } }
const consumer = { resource: 'pods', name: 'p', uid: 'u' }
const states: [what: string, now: object, before: object, want: string[]][] = [
  ['is allocated and reserved', { allocation, reservedFor: [consumer] }, {}, []],
  [
    'is reserved without an allocation',
    { reservedFor: [consumer, consumer] },
    {},
    [
      'status.reservedFor[1]: Duplicate value: "u"',
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ],
  ],
  [
    'is allocated anew',
    { allocation },
    { allocation: {} },
    [`status.allocation: Invalid value: ${JSON.stringify(allocation)}: field is immutable`],
  ],
  [
    'has devices of another request',
    { allocation: { devices: { results: [{ ...result, request: 'z' }] } } },
    {},
    [
      `status.allocation.devices.results[0].request: Invalid value: "z": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
    ],
  ],
  [
    'tells of a device that is not its own',
    { allocation, devices: [{ driver: 'x.com', pool: 'p', device: 'e' }] },
    {},
    ['status.devices[0]: Invalid value: "x.com/p/e": must be an allocated device in the claim'],
  ],
]
for (const [what, now, before, want] of states) {
  test(`a claim ${what}`, () => {
    const spec = { devices: { requests: [{ name: 'a', exactly }] } }
    const old = claim(spec, { status: before })
    const context = { old, subresource: 'status' }
    assert.deepEqual(texts(resourceClaims.rules.validateUpdate?.(claim(spec, { status: now }), context)), want)
  })
}
