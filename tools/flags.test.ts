import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFlags } from './flags.ts'

const PROGRAM = {
  command: 'tools/run bench/example.ts',
  does: 'Measures.',
  options: {
    kubeconfig: { type: 'string', default: '' },
    seconds: { type: 'string', default: '3' },
    pid: { type: 'string' },
    http2: { type: 'boolean', default: false },
  },
  required: ['kubeconfig'],
} as const

test('flags have their defaults', () => {
  const { values } = readFlags(PROGRAM, ['--kubeconfig', 'a', '--http2'])
  assert.deepEqual({ ...values }, { kubeconfig: 'a', seconds: '3', http2: true })
})

test('help names each flag and its default', () => {
  const { status, text } = readFlags(PROGRAM, ['--seconds', '1', '--help'])
  assert.equal(status, 0)
  assert.equal(
    text,
    `Measures.

tools/run bench/example.ts [flags], here with their defaults:
  --kubeconfig … (needed)
  --seconds 3
  --pid …
  --http2
`,
  )
})

const refused: [args: string[], sentence: string][] = [
  [[], '--kubeconfig is needed'],
  [['--kubeconfig', 'a', '--seconds', 'b'], "--seconds takes a number, not 'b'"],
  [['--kubeconfig', 'a', '--minutes', '1'], "Unknown option '--minutes'"],
  [['--kubeconfig', 'a', 'b'], "Unexpected argument 'b'"],
  [['--kubeconfig'], "Option '--kubeconfig <value>' argument missing"],
]

for (const [args, sentence] of refused) {
  test(`refused: ${args.join(' ') || 'nothing'}`, () => {
    const { status, text } = readFlags(PROGRAM, args)
    assert.equal(status, 2)
    assert.equal(text?.split('\n')[0], sentence)
  })
}
