import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ActivePods } from './active-pods.ts'

function all(pods: ActivePods): (string | undefined)[] {
  const taken: (string | undefined)[] = []
  for (let uid = pods.take(); uid; uid = pods.take()) taken.push(uid)
  return taken
}

test('priority first, then time, then who was added first', () => {
  const pods = new ActivePods()
  pods.add('late', 0, 9)
  pods.add('first', 0, 5)
  pods.add('second', 0, 5)
  pods.add('important', 7, 9)
  pods.add('least', -1, 0)
  assert.deepEqual(all(pods), ['important', 'first', 'second', 'late', 'least'])
})

test('a pod that left is not taken, and one that came back has the place of its new time', () => {
  const pods = new ActivePods()
  for (const [uid, since] of [['a', 1] as const, ['b', 2] as const, ['c', 3] as const]) pods.add(uid, 0, since)
  pods.delete('a')
  pods.delete('b')
  pods.add('a', 0, 4)
  assert.deepEqual(all(pods), ['c', 'a'])
})
