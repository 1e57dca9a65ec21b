import type { TLSSocket } from 'node:tls'
import type { Credentials } from '../authn/authenticator.ts'

type Certificate = Credentials['certificate']

const bySocket = new WeakMap<TLSSocket, { certificate: Certificate }>()

/** The certificate that a connection's client showed, read once a connection. */
export function certificateOf(socket: TLSSocket): Certificate {
  let known = bySocket.get(socket)
  if (!known) {
    known = { certificate: read(socket) }
    bySocket.set(socket, known)
  }
  return known.certificate
}

function read(socket: TLSSocket): Certificate {
  const certificate = socket.getPeerCertificate?.()
  if (!certificate?.raw) return undefined
  return { der: certificate.raw, authorized: socket.authorized }
}
