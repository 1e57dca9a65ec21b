/** What Node.js says of a failed connection. */
interface ConnectionError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly syscall?: string
  readonly errors?: readonly ConnectionError[]
}

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
}

/** A failure to reach a server in the words of Go's net/http, which users of Kubernetes know; others as they are. */
export function goErrorText(error: unknown): string {
  const { code = '', message, name, address, port, hostname, errors } = error as ConnectionError
  if (errors?.[0]) return goErrorText(errors[0]) // one for each address that a name has
  if (name === 'TimeoutError') return 'context deadline exceeded'
  if (code in CONNECT) return `dial tcp ${hostPort(address, port)}: ${CONNECT[code]}`
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`
  if (code === 'ECONNRESET') return 'EOF'
  return certificateText(error as ConnectionError) ?? message
}

function certificateText({ code = '', message }: ConnectionError): string | undefined {
  const failed = (why: string) => `tls: failed to verify certificate: x509: ${why}`
  if (UNKNOWN_AUTHORITY.has(code)) return failed('certificate signed by unknown authority')
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return failed('certificate has expired or is not yet valid')
  }
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined
  const [, wanted = ''] = /Host: (\S+?)\. is not/.exec(message) ?? []
  const names = [...message.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, entry]) => entry)
  return failed(`certificate is valid for ${names.join(', ')}, not ${wanted}`)
}

const hostPort = (address = '', port = 0): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
