import type { ServerResponse } from 'node:http'
import { StatusError } from '../../api/status-error.ts'

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text)
}

export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, JSON.stringify(value), 'application/json')
}

/** The kubelet answers faults as plain text; the API server passes it on to people. */
export function sendFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  sendText(response, error instanceof StatusError ? error.code : 500, (error as Error).message)
}
