import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer, request } from '../../base/node-http.ts'

/** What a running Navarch answers on its control socket, which only its user can reach. */
export interface ControlHandlers {
  status(): Promise<unknown>
  /** Loads image archives (paths on this host) into the node's runtime; answers the images' names. */
  loadImages(files: readonly string[]): Promise<readonly string[]>
}

const MAX_BODY_BYTES = 1 << 20

/** Serves the handlers on a Unix socket, readable by the owner alone. */
export async function serveControl(path: string, handlers: ControlHandlers): Promise<AsyncDisposable> {
  rmSync(path, { force: true })
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await readBody(incoming)
      const answer =
        incoming.url === '/images' ? await handlers.loadImages(JSON.parse(body) as string[]) : await handlers.status()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })().catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end((error as Error).message)
    })
  })
  const before = process.umask(0o177)
  try {
    server.listen(path)
    await once(server, 'listening')
  } finally {
    process.umask(before)
  }
  return { [Symbol.asyncDispose]: () => close(server, path) }
}

async function close(server: Server, path: string): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  rmSync(path, { force: true })
}

async function readBody(incoming: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Asks the Navarch behind a control socket. Rejects with its words, or with ENOENT or ECONNREFUSED when none is there. */
export function askControl<T>(path: string, url: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent: false, socketPath: path, path: url, method: body === undefined ? 'GET' : 'POST' },
      (response) => {
        void readBody(response).then((text) => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as T)
          else reject(new Error(text))
        }, reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
