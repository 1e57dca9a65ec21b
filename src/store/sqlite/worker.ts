import { parentPort } from 'node:worker_threads'
import type { WriterReply, WriterRequest } from './messages.ts'
import { openDatabase } from './schema.ts'
import { Writer } from './writer.ts'

/*
 * The writer's thread: answers each message in turn and frees compacted space in the gaps between them.
 */

if (!parentPort) throw new Error('worker.ts runs as a worker thread only')
const port = parentPort
let writer: Writer | undefined
let sweeping = false

port.on('message', (request: WriterRequest) => {
  port.postMessage(reply(request))
})

function reply(request: WriterRequest): WriterReply {
  try {
    return handle(request)
  } catch (error) {
    return { type: 'failed', name: (error as Error).name, message: (error as Error).message }
  }
}

function handle(request: WriterRequest): WriterReply {
  if (request.type === 'open') return open(request.file, request.maxBytes)
  if (!writer) throw new Error('the database is not open')
  switch (request.type) {
    case 'commit':
      return { type: 'committed', ...writer.commit(request) }
    case 'compact':
      writer.compact(request.revision)
      sweepSoon()
      return { type: 'done' }
    case 'probe':
      writer.probe()
      return { type: 'done' }
    case 'close':
      writer.close()
      writer = undefined
      return { type: 'done' }
  }
}

function open(file: string, maxBytes: number | undefined): WriterReply {
  const database = openDatabase(file)
  if (maxBytes !== undefined) limitSize(database, maxBytes)
  writer = new Writer(database)
  sweepSoon() // what the last process did not get to
  return { type: 'opened', revision: writer.revision, compacted: writer.compacted }
}

function limitSize(database: ReturnType<typeof openDatabase>, maxBytes: number): void {
  const { page_size: pageSize } = database.prepare('PRAGMA page_size').get() as { page_size: number }
  database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageSize)}`)
}

/** One step a turn of the loop, so that no write waits for more than one step. */
function sweepSoon(): void {
  if (sweeping) return
  sweeping = true
  setImmediate(() => {
    sweeping = false
    if (sweepOnce()) sweepSoon()
  })
}

function sweepOnce(): boolean {
  try {
    return writer?.sweep() ?? false
  } catch {
    return false // no space or a failing disk: the next compaction goes on where this one stopped
  }
}
