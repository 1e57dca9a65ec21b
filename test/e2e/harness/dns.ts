import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Packet, RecordType } from 'dns-packet'
import { decode, encode, RECURSION_DESIRED, streamDecode, streamEncode } from 'dns-packet'

const PORT = 53
const TIMEOUT_MS = 3000

const question = (name: string, type: RecordType): Packet => ({
  type: 'query',
  id: 1,
  flags: RECURSION_DESIRED,
  questions: [{ type, name }],
})

export async function askByUdp(server: string, name: string, type: RecordType = 'A'): Promise<Packet> {
  const socket = createSocket('udp4')
  try {
    socket.send(encode(question(name, type)), PORT, server)
    const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Buffer]
    return decode(message)
  } finally {
    socket.close()
  }
}

export async function askByTcp(server: string, name: string, type: RecordType = 'A'): Promise<Packet> {
  const socket = connect(PORT, server)
  try {
    socket.write(streamEncode(question(name, type)))
    const [message] = (await once(socket, 'data', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Buffer]
    return streamDecode(message)
  } finally {
    socket.destroy()
  }
}

/** What the answers say, sorted: addresses, names, `port target` of SRV records. */
export function dataOf({ answers = [] }: Packet): string[] {
  const texts = answers.map((answer) => {
    if (answer.type === 'SRV') return `${answer.data.port} ${answer.data.target}`
    return 'data' in answer ? String(answer.data) : ''
  })
  return texts.sort()
}
