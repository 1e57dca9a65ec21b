import { Answer } from './answer.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'

const NOTHING = Buffer.alloc(0)

/** Waits for the one message of an answer and for its status. `settle` is called once, with a view of what was read. */
export function unaryAnswer(settle: (error: Error | undefined, message: Buffer) => void): Answer {
  let [messages, last]: [number, Buffer] = [0, NOTHING]
  return new Answer({
    onMessage(message) {
      messages++
      last = message
    },
    onEnd(error) {
      const isComplete = error !== undefined || messages === 1
      settle(isComplete ? error : new GrpcError(GrpcCode.Internal, `the answer has ${messages} messages`, 'sent'), last)
    },
  })
}
