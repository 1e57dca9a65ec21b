import { StatusError } from '../../api/status-error.ts'

/** Why a server was not reached or did not answer, in a few words. */
export function reasonOf(error: unknown): string {
  const root = error instanceof StatusError && error.cause !== undefined ? error.cause : error
  const { name, code, message } = root as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time'
  return code ?? message
}

/** What TLS says of a server that cannot prove who it is. */
export const isTlsFault = (error: unknown): boolean => {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
  return code !== undefined && /^(ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code)
}
