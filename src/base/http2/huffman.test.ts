import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHuffman } from './huffman.ts'

const decoded = (hex: string) => decodeHuffman(Buffer.from(hex, 'hex'))

const EXAMPLES: readonly (readonly [coded: string, text: string])[] = [
  ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
  ['a8eb10649cbf', 'no-cache'],
  ['25a849e95ba97d7f', 'custom-key'],
  ['25a849e95bb8e8b4bf', 'custom-value'],
  ['6402', '302'],
  ['aec3771a4b', 'private'],
  ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
  ['640eff', '307'],
  ['9bd9ab', 'gzip'],
  [
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
  ['', ''],
]

for (const [coded, text] of EXAMPLES) {
  test(`${coded || 'nothing'} is '${text}' (RFC 7541, appendix C)`, () => assert.equal(decoded(coded), text))
}

test('text ends in ones that fill its last byte, and no more', () => {
  const [a, zero] = ['00011', '00000']
  assert.deepEqual(
    [
      bits(`${a}111`),
      bits(`${a}110`),
      bits(`${a}000`),
      bits(`${a}111 11111111`),
      bits('11111111'),
      bits(`${zero}${zero}${zero}1`),
      bits(`${zero}${zero}${zero}0`),
    ],
    ['a', undefined, undefined, undefined, undefined, '000', undefined],
  )
})

test('the end of the text is not to be coded', () => {
  assert.equal(decoded('ffffffff'), undefined)
  assert.equal(bits(`00011 ${'1'.repeat(30)} 11111`), undefined)
})

test('the code is complete: whatever bits come, some byte or the end of the text is found, each in its one place', () => {
  const found = new Map<string, string>()
  let share = 0
  const visit = (prefix: string): void => {
    const text = leads(prefix)
    if (text === undefined) {
      visit(`${prefix}0`)
      visit(`${prefix}1`)
      return
    }
    found.set(text, prefix)
    share += 2 ** -prefix.length
  }
  visit('')
  const bytes = [...found.keys()].filter((text) => text !== END).sort()
  assert.equal(share, 1)
  assert.deepEqual(bytes, Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).sort())
  assert.equal(found.get(END), '1'.repeat(30))
})

const END = 'the end of the text'

/** What a code stands for; undefined when it only is the beginning of others: then it swallows some of the zeros. */
function leads(code: string): string | undefined {
  if (code === '1'.repeat(30)) return END
  const zero = '00000'
  const text = bits(padded(code + zero))
  return text?.length === 2 && text.endsWith('0') ? text[0] : undefined
}

function padded(code: string): string {
  return code + '1'.repeat((8 - (code.length % 8)) % 8)
}

function bits(text: string): string | undefined {
  const digits = text.replaceAll(' ', '')
  assert.equal(digits.length % 8, 0)
  return decodeHuffman(Uint8Array.from(digits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2)))
}
