import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressRange } from './address-range.ts'
import { addressText, type IpAddress, parseAddress } from './ip-address.ts'

const texts: [text: string, canonical: string][] = [
  ['10.96.0.1', '10.96.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['fd00:0:0:1:0:0:0:1', 'fd00:0:0:1::1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['::ffff:1.2.3.4', '::ffff:102:304'],
]

for (const [text, canonical] of texts) {
  test(`the address ${text} is written ${canonical}`, () => {
    assert.equal(addressText(parseAddress(text) as IpAddress), canonical)
  })
}

test('what is no address has no number', () => {
  assert.deepEqual(['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', 'x'].map(parseAddress), Array(5).fill(undefined))
})

test('random numbers survive being written', () => {
  for (let round = 0; round < 200; round++) {
    const words = Array.from({ length: 8 }, () =>
      Math.random() < 0.5 ? 0n : BigInt(Math.floor(Math.random() * 65536)),
    )
    const address: IpAddress = { family: 'IPv6', value: words.reduce((value, word) => value * 65536n + word, 0n) }
    assert.deepEqual(parseAddress(addressText(address)), address)
  }
})

const range = (cidr: string) => AddressRange.parse(cidr) as AddressRange
const has = (cidr: string, address: string) => range(cidr).contains(parseAddress(address) as IpAddress)
const all = (cidr: string) => [...range(cidr).candidates(() => 0)]

test('the ends of a range are not for Services', () => {
  assert.deepEqual([has('10.0.0.0/24', '10.0.0.0'), has('10.0.0.0/24', '10.0.0.255')], [false, false])
  assert.deepEqual([has('fd00::/120', 'fd00::'), has('fd00::/120', 'fd00::ff')], [false, true])
})

test('the part for those who name their address is tried last', () => {
  const order = all('10.0.0.0/24')
  assert.deepEqual([order.length, order[0], order.at(-1)], [254, '10.0.0.17', '10.0.0.16'])
  assert.deepEqual(all('10.0.0.0/28')[0], '10.0.0.1')
  assert.equal(
    range('10.0.0.0/12')
      .candidates(() => 0)
      .next().value,
    '10.0.1.1',
  )
})

test('tiny ranges may have nothing to give', () => {
  assert.deepEqual([all('10.0.0.0/32'), all('10.0.0.0/31'), all('10.0.0.0/30')], [[], [], ['10.0.0.1', '10.0.0.2']])
})

test('a large range is not counted through', () => {
  const [first] = range('fd00:1::/64').candidates(() => 0.5)
  assert.match(first ?? '', /^fd00:1::/)
})

test('ranges cover and overlap each other', () => {
  assert.deepEqual(
    [range('10.0.0.0/8').covers(range('10.1.0.0/16')), range('10.1.0.0/16').covers(range('10.0.0.0/8'))],
    [true, false],
  )
  assert.deepEqual(
    [range('10.1.0.0/16').overlaps(range('10.0.0.0/8')), range('10.1.0.0/16').overlaps(range('10.2.0.0/16'))],
    [true, false],
  )
})
