import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Feature, FeatureGates } from './feature-gates.ts'

const CBOR = Feature.CBORServingAndStorage

const GATES: readonly { readonly given: readonly string[]; readonly enabled: boolean }[] = [
  { given: [], enabled: false },
  { given: [''], enabled: false },
  { given: [`${CBOR}=true`], enabled: true },
  { given: [`AllBeta=true, ${CBOR}=T`], enabled: true },
  { given: [`${CBOR}=true`, `${CBOR}=false`], enabled: false },
  { given: ['AllAlpha=true'], enabled: true },
  { given: ['AllBeta=true'], enabled: false },
  { given: [`${CBOR}=false`, 'AllAlpha=true'], enabled: false },
]

for (const { given, enabled } of GATES) {
  test(`with ${JSON.stringify(given)} an alpha feature is ${enabled ? 'on' : 'off'}`, () => {
    assert.equal(FeatureGates.parse(given).enabled(CBOR), enabled)
  })
}

const WRONG: readonly { readonly given: string; readonly message: string }[] = [
  { given: 'NoSuchThing=true', message: 'unrecognized feature gate: NoSuchThing' },
  { given: CBOR, message: `missing bool value for ${CBOR}` },
  {
    given: `${CBOR}=yes`,
    message: `invalid value of ${CBOR}=yes, err: strconv.ParseBool: parsing "yes": invalid syntax`,
  },
]

for (const { given, message } of WRONG) {
  test(`${given} is refused in the words of upstream`, () => {
    assert.throws(() => FeatureGates.parse([given]), { message })
  })
}

test('every feature is listed with its stage', () => {
  assert.deepEqual(FeatureGates.defaults.list(), [{ name: CBOR, stage: 'ALPHA', enabled: false }])
})
