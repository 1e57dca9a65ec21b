import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Endpoint, type Format, Negotiation } from './negotiation.ts'

const JSON_TYPE = 'application/json'
const YAML = 'application/yaml'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const CBOR = 'application/cbor'
const without = new Negotiation({ cbor: false })
const withCbor = new Negotiation({ cbor: true })

const table = (type: string, version = 'v1') => `${type};as=Table;v=${version};g=meta.k8s.io`
const partial = (type: string) => `${type};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`

interface Case {
  readonly accept: string | undefined
  readonly endpoint?: Endpoint
  readonly cbor?: boolean
  /** Media type, and the other form if one was asked for. */
  readonly gets: string
}

const SERVED: readonly Case[] = [
  { accept: undefined, gets: JSON_TYPE },
  { accept: '*/*', gets: JSON_TYPE },
  { accept: `${PROTOBUF},${JSON_TYPE}`, gets: PROTOBUF },
  { accept: `${JSON_TYPE}, ${PROTOBUF}`, gets: JSON_TYPE },
  { accept: `${JSON_TYPE};q=0.5, ${YAML};q=0.9`, gets: YAML },
  { accept: `*/*, ${YAML}`, gets: YAML },
  { accept: `${PROTOBUF};stream=watch`, endpoint: Endpoint.BuiltInWatch, gets: PROTOBUF },
  { accept: `${table(JSON_TYPE)},${table(JSON_TYPE, 'v1beta1')},${JSON_TYPE}`, gets: `${JSON_TYPE} Table` },
  { accept: `${table(PROTOBUF)},${JSON_TYPE}`, gets: JSON_TYPE },
  { accept: `${table(PROTOBUF)},${PROTOBUF}`, gets: PROTOBUF },
  { accept: `${partial(PROTOBUF)},${partial(JSON_TYPE)}`, gets: `${PROTOBUF} PartialObjectMetadata` },
  { accept: `${JSON_TYPE};as=Nothing;v=v1;g=meta.k8s.io,${JSON_TYPE}`, gets: JSON_TYPE },
  { accept: `${PROTOBUF},${JSON_TYPE}`, endpoint: Endpoint.Custom, gets: JSON_TYPE },
  { accept: partial(PROTOBUF), endpoint: Endpoint.Custom, gets: `${PROTOBUF} PartialObjectMetadata` },
  { accept: `${table(JSON_TYPE)},${JSON_TYPE}`, endpoint: Endpoint.Failure, gets: JSON_TYPE },
  { accept: `${CBOR},${JSON_TYPE}`, gets: JSON_TYPE },
  { accept: `${CBOR},${JSON_TYPE}`, cbor: true, gets: CBOR },
  { accept: CBOR, cbor: true, endpoint: Endpoint.Custom, gets: CBOR },
  { accept: `${table(CBOR)},${CBOR}`, cbor: true, gets: CBOR },
]

const shown = ({ mediaType, as }: Format): string => (as ? `${mediaType} ${as}` : mediaType)

for (const { accept, endpoint = Endpoint.BuiltIn, cbor = false, gets } of SERVED) {
  test(`${endpoint}${cbor ? ' with CBOR' : ''}: Accept ${accept} gets ${gets}`, () => {
    const negotiation = cbor ? withCbor : without
    assert.equal(shown(negotiation.format(accept, endpoint)), gets)
    assert.equal(shown(negotiation.format(accept, endpoint)), gets, 'the second time too')
  })
}

const ROUTER = '406: Not Acceptable\n\nAvailable representations: '
const ONLY = 'only the following media types are accepted: '
const ALL = `${JSON_TYPE}, ${YAML}, ${PROTOBUF}`
const STREAMS = `${JSON_TYPE};stream=watch, ${PROTOBUF};stream=watch`

const REFUSED: readonly (Omit<Case, 'gets'> & { readonly message: string })[] = [
  { accept: 'text/html', message: ROUTER + ALL },
  { accept: 'text/html', endpoint: Endpoint.BuiltInList, message: `${ROUTER}${ALL}, ${STREAMS}` },
  { accept: 'text/html', endpoint: Endpoint.Discovery, message: ROUTER + ALL },
  { accept: 'text/html', endpoint: Endpoint.Custom, message: ONLY + ALL },
  { accept: CBOR, message: ROUTER + ALL },
  { accept: CBOR, endpoint: Endpoint.Custom, message: ONLY + ALL },
  {
    accept: 'text/html',
    cbor: true,
    endpoint: Endpoint.BuiltInList,
    message: `${ROUTER}${ALL}, ${CBOR}, ${STREAMS}, ${CBOR}-seq`,
  },
  { accept: PROTOBUF, endpoint: Endpoint.Custom, message: ONLY + ALL },
  { accept: PROTOBUF, endpoint: Endpoint.CustomWatch, message: ONLY + ALL },
  { accept: YAML, endpoint: Endpoint.BuiltInWatch, message: ONLY + STREAMS },
  { accept: YAML, cbor: true, endpoint: Endpoint.BuiltInWatch, message: `${ONLY}${STREAMS}, ${CBOR}-seq` },
  { accept: `${CBOR}-seq`, cbor: true, endpoint: Endpoint.BuiltInWatch, message: `${ONLY}${ALL}, ${CBOR}` },
  { accept: table(PROTOBUF), message: ONLY + ALL },
  { accept: table(JSON_TYPE, 'v2'), message: ONLY + ALL },
]

for (const { accept, endpoint = Endpoint.BuiltIn, cbor = false, message } of REFUSED) {
  test(`${endpoint}${cbor ? ' with CBOR' : ''}: Accept ${accept} is refused`, () => {
    const negotiation = cbor ? withCbor : without
    assert.throws(() => negotiation.format(accept, endpoint), { code: 406, reason: 'NotAcceptable', message })
  })
}

test('an indented answer can be asked for with the media type', () => {
  assert.equal(without.format(`${JSON_TYPE};pretty=1`, Endpoint.BuiltIn).pretty, true)
})

const aggregated = (type: string, version = 'v2') =>
  `${type};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

const DISCOVERY: readonly (readonly [accept: string | undefined, gets: string | undefined])[] = [
  [undefined, undefined],
  ['application/json, */*', undefined],
  [`${aggregated(JSON_TYPE)},${aggregated(JSON_TYPE, 'v2beta1')},${JSON_TYPE}`, JSON_TYPE],
  [`${aggregated(JSON_TYPE, 'v2beta1')},${JSON_TYPE}`, undefined],
  [`${JSON_TYPE},${aggregated(JSON_TYPE)}`, JSON_TYPE],
  [`${aggregated(PROTOBUF)};profile=nopeer`, PROTOBUF],
  [aggregated(CBOR), undefined],
]

for (const [accept, gets] of DISCOVERY) {
  test(`discovery: Accept ${accept} gets ${gets === undefined ? 'the classic form' : `the aggregated form in ${gets}`}`, () => {
    assert.equal(without.aggregatedDiscovery(accept), gets)
  })
}
