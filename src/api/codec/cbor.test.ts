import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomNumbers, randomObject } from '../../testing/random-object.ts'
import { schemaTable } from '../schema/schema.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { DecodeError } from './decode-error.ts'
import { normalise } from './normalise.ts'

const kinds = [...schemaTable().types].filter(([, { gvk, fields }]) => gvk && fields).map(([name]) => name)
const SECRET = 'io.k8s.api.core.v1.Secret'

test('a random object of every kind comes back from CBOR as it was, and its bytes stay the same', () => {
  for (const type of kinds) {
    for (let seed = 1; seed <= 3; seed++) {
      const { object } = normalise<object>(type, randomObject(type, { seed }), { strict: 'Strict' })
      const bytes = encodeCbor(object, type)
      const { object: back } = normalise<object>(type, decodeCbor(bytes), { strict: 'Strict' })
      assert.deepEqual(back, object, `${type}, seed ${seed}`)
      assert.ok(encodeCbor(back, type).equals(bytes), `${type}, seed ${seed}: other bytes`)
    }
  }
})

/** By the rules that upstream's encoder is set to; numbers from RFC 8949, appendix A. */
const WRITTEN: readonly { readonly what: string; readonly value: unknown; readonly hex: string }[] = [
  { what: 'texts are byte strings', value: 'IETF', hex: '4449455446' },
  { what: 'small numbers are in the head', value: 23, hex: '17' },
  {
    what: 'larger numbers are in the shortest form',
    value: [24, 256, 65_536, 1e12],
    hex: '8418181901001a000100001b000000e8d4a51000',
  },
  { what: 'negative numbers', value: [-1, -1000], hex: '82203903e7' },
  { what: 'fractions are in half precision where that is exact', value: 1.5, hex: 'f93e00' },
  { what: 'the smallest half, below the normal ones', value: 2 ** -24, hex: 'f90001' },
  { what: 'fractions in single precision', value: 0.333251953125, hex: 'f93555' },
  { what: 'fractions in double precision', value: 1.1, hex: 'fb3ff199999999999a' },
  { what: 'what no integer of 64 bits holds', value: 1e300, hex: 'fb7e37e43c8800759c' },
  {
    what: 'members with shorter names come first',
    value: { bb: 1, c: true, aa: null },
    hex: 'a34163f5426161f642626201',
  },
]

for (const { what, value, hex } of WRITTEN) {
  test(`written: ${what}`, () => {
    assert.equal(encodeCbor(value).toString('hex'), `d9d9f7${hex}`)
    assert.deepEqual(decodeCbor(Buffer.from(hex, 'hex')), value)
  })
}

test('bytes of a typed object go out under the tag of base64, and come back in it', () => {
  const secret = { data: { k: 'AP8=' } }
  const bytes = encodeCbor(secret, SECRET)
  assert.ok(bytes.includes(Buffer.from('d64200ff', 'hex')))
  assert.deepEqual(decodeCbor(bytes), secret)
})

test('whole numbers in floating-point fields stay floating-point numbers', () => {
  const schema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
  const bytes = encodeCbor({ items: { minimum: 1, minLength: 1 } }, schema)
  assert.ok(bytes.includes(Buffer.from('f93c00', 'hex')))
})

const READ: readonly { readonly what: string; readonly hex: string; readonly value: unknown }[] = [
  { what: 'a text string', hex: '6161', value: 'a' },
  { what: 'a string in pieces', hex: '5f41614162ff', value: 'ab' },
  { what: 'an array and a map whose ends come later', hex: '9fbf6161f5ff01ff', value: [{ a: true }, 1] },
  { what: 'a tag that says nothing here', hex: 'd8ff01', value: 1 },
  { what: 'bytes to be shown in base16', hex: 'd742abcd', value: 'abcd' },
  { what: 'a time', hex: 'c074323031332d30332d32315432303a30343a30305a', value: '2013-03-21T20:04:00Z' },
  { what: 'a time in seconds', hex: 'c11a514b67b0', value: '2013-03-21T20:04:00Z' },
  { what: 'a member that is no prototype', hex: 'a1695f5f70726f746f5f5f01', value: JSON.parse('{"__proto__":1}') },
]

for (const { what, hex, value } of READ) {
  test(`reads ${what}`, () => {
    assert.deepEqual(decodeCbor(Buffer.from(hex, 'hex')), value)
  })
}

const BROKEN: readonly { readonly what: string; readonly hex: string; readonly message: string | RegExp }[] = [
  { what: 'nothing', hex: '', message: 'EOF' },
  { what: 'a length beyond the end', hex: '4461', message: 'unexpected EOF' },
  { what: 'more items than there are bytes', hex: '9b7fffffffffffffff', message: 'unexpected EOF' },
  { what: 'more than one item', hex: '0102', message: 'cbor: 1 bytes of extraneous data starting at index 1' },
  {
    what: 'a member given twice',
    hex: 'a2616101616102',
    message: 'cbor: found duplicate map key "a" at map element index 1',
  },
  {
    what: 'a number as the name of a member',
    hex: 'a10102',
    message: 'cbor: cannot unmarshal positive integer into Go value of type string',
  },
  {
    what: 'no number',
    hex: 'f97e00',
    message: 'cbor: data item of cbor type primitives is not accepted by protocol: floating-point NaN',
  },
  { what: 'an infinite number', hex: 'fa7f800000', message: /floating-point infinity$/ },
  { what: 'undefined', hex: 'f7', message: /simple value 23 is not recognized$/ },
  { what: 'a number of any size', hex: 'c249010000000000000000', message: /bignum$/ },
  {
    what: 'an integer of more than 64 bits',
    hex: '1bffffffffffffffff',
    message:
      "cbor: cannot unmarshal positive integer into Go value of type int64 (18446744073709551615 overflows Go's int64)",
  },
  { what: 'a break of nothing', hex: 'ff', message: 'cbor: unexpected "break" code' },
  { what: 'a reserved head', hex: '1c', message: 'cbor: invalid additional information 28 for type positive integer' },
  { what: 'a text that is not UTF-8', hex: '61ff', message: 'cbor: invalid UTF-8 string' },
  { what: 'arrays within arrays without end', hex: '81'.repeat(2_000), message: /exceeded max nested level/ },
]

for (const { what, hex, message } of BROKEN) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => decodeCbor(Buffer.from(hex, 'hex')),
      (error) => {
        assert.ok(error instanceof DecodeError)
        if (typeof message === 'string') assert.equal(error.message, message)
        else assert.match(error.message, message)
        return true
      },
    )
  })
}

test('whatever bytes come, they are an item or a DecodeError', () => {
  const next = randomNumbers(11)
  const bytes = encodeCbor(randomObject('io.k8s.api.core.v1.Pod', { seed: 3 }))
  for (let round = 0; round < 3_000; round++) {
    const broken = Buffer.from(bytes)
    for (let change = 0; change < 3; change++) broken[Math.floor(next() * broken.length)] = Math.floor(next() * 256)
    try {
      decodeCbor(broken)
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error))
    }
  }
})
