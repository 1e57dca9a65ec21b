import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PodAddresses } from './pod-addresses.ts'

test('pods get the lowest free addresses after the gateway, and keep them', () => {
  const addresses = new PodAddresses('10.244.3.0/24')
  assert.deepEqual(
    [addresses.take('a'), addresses.take('b'), addresses.take('a')],
    ['10.244.3.2', '10.244.3.3', '10.244.3.2'],
  )
})

test('an address that was released or never kept is given again', () => {
  const addresses = new PodAddresses('10.244.3.0/24')
  addresses.keep('old', '10.244.3.2')
  addresses.keep('elsewhere', '192.168.0.1')
  const second = addresses.take('new')
  addresses.release('old')
  assert.deepEqual([second, addresses.take('next')], ['10.244.3.3', '10.244.3.2'])
})

test('a full range has no address left', () => {
  const addresses = new PodAddresses('10.244.3.0/30')
  assert.deepEqual([addresses.take('a'), addresses.take('b')], ['10.244.3.2', undefined])
})
