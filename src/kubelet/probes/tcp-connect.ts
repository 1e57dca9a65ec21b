import { connect } from 'node:net'
import { socketErrorText } from './http-get.ts'
import type { ProbeOutcome } from './probe-result.ts'
import { joinHostPort } from './probe-result.ts'

/** A TCP probe: success when the connection is made; it is closed at once. */
export function probeTcp(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const finish = (verdict: ProbeOutcome['verdict'], why = ''): void => {
      socket.destroy()
      resolve({ verdict, output: why === '' ? '' : `dial tcp ${joinHostPort(host, port)}: ${why}` })
    }
    socket.once('connect', () => finish('success'))
    socket.once('timeout', () => finish('failure', 'i/o timeout'))
    socket.once('error', (error) => finish('failure', socketErrorText(error)))
  })
}
