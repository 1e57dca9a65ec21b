import { X509Certificate } from 'node:crypto'

interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const BEGIN = /^-----BEGIN (.*)-----\s*$/
const END = /^-----END (.*)-----\s*$/

/**
 * What is wrong with a bundle of trust anchors, in upstream's words: PEM blocks, each a certificate of an authority, none of
 * them twice. Text between blocks does not count.
 */
export function trustBundleFaults(bundle: string): string[] {
  const blocks = pemBlocks(bundle)
  const faults = blocks.flatMap((block, index) => blockFault(block, index) ?? [])
  if (faults.length > 0) return faults
  if (blocks.length === 0) return ['at least one trust anchor must be provided']
  const indices = new Map<string, number[]>()
  for (const [index, { bytes }] of blocks.entries()) {
    const der = bytes.toString('latin1')
    indices.set(der, [...(indices.get(der) ?? []), index])
  }
  const repeated = [...indices.values()].filter(({ length }) => length > 1)
  return repeated.map((where) => `duplicate trust anchor (indices [${where.join(' ')}])`)
}

/** One look at each line: what begins and does not end is no block. */
function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let type: string | undefined
  let content: string[] = []
  for (const line of text.split('\n')) {
    const begins = BEGIN.exec(line)?.[1]
    if (begins !== undefined) {
      type = begins
      content = []
    } else if (type !== undefined && END.exec(line)?.[1] === type) {
      blocks.push(pemBlock(type, content))
      type = undefined
    } else {
      content.push(line)
    }
  }
  return blocks
}

function pemBlock(type: string, content: readonly string[]): PemBlock {
  const hasHeaders = content.some((line) => line.includes(':'))
  return { type, hasHeaders, bytes: Buffer.from(hasHeaders ? '' : content.join(''), 'base64') }
}

function blockFault({ type, hasHeaders, bytes }: PemBlock, index: number): string | undefined {
  if (type !== 'CERTIFICATE') return `entry ${index} has bad block type: ${type}`
  if (hasHeaders) return `entry ${index} has PEM block headers`
  try {
    return new X509Certificate(bytes).ca ? undefined : `entry ${index} does not have the CA bit set`
  } catch {
    return `entry ${index} does not parse as X.509`
  }
}
