/** Protobuf beside JSON, for a pod of 10 KB and a list of 500, in microseconds of processor time an object: `tools/run bench/protobuf.ts`. */
import { gzipSync } from 'node:zlib'
import { decodeJson } from '../src/api/codec/json.ts'
import { normalise } from '../src/api/codec/normalise.ts'
import { decodeMessage, encodeMessage } from '../src/api/codec/protobuf.ts'
import { largePod } from '../src/testing/large-pod.ts'

const POD = 'io.k8s.api.core.v1.Pod'
const strict = { strict: 'Strict' } as const
const { object } = normalise<object>(POD, largePod(), strict)
const json = Buffer.from(JSON.stringify(object))
const message = encodeMessage(POD, object)
const LIST = 500
const pods = Array.from({ length: LIST }, (_, index) => normalise<object>(POD, largePod(`web-${index}`), strict).object)
const lists = {
  json: Buffer.from(JSON.stringify(pods)),
  protobuf: Buffer.concat(pods.map((each) => encodeMessage(POD, each))),
}
const WARM_UP = 3000
const ROUNDS = 12
const OBJECTS = 1000

/** Processor time of an object, the best of some rounds: other work on the machine counts as little as it can. */
function microseconds(work: () => unknown): number {
  for (let index = 0; index < WARM_UP; index++) work()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < OBJECTS; index++) work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / OBJECTS)
  }
  return Number(best.toFixed(1))
}

const result = {
  jsonBytes: json.length,
  protobufBytes: message.length,
  jsonDecodeAndNormalise: microseconds(() => normalise(POD, decodeJson(json).value, strict)),
  protobufDecode: microseconds(() => decodeMessage(POD, message)),
  jsonEncode: microseconds(() => JSON.stringify(object)),
  protobufEncode: microseconds(() => encodeMessage(POD, object)),
}
console.log(JSON.stringify(result))

/** As answers of more than 128 KiB are compressed when the client takes that. */
function packed(list: Buffer) {
  const before = process.cpuUsage()
  const bytes = gzipSync(list, { level: 1 }).length
  const { user, system } = process.cpuUsage(before)
  return { bytes: list.length, gzipBytes: bytes, gzipMs: Math.round((user + system) / 1000) }
}

console.log(JSON.stringify({ list: LIST, json: packed(lists.json), protobuf: packed(lists.protobuf) }))
