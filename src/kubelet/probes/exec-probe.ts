import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { RuntimeCode, RuntimeError } from '../cri/container-runtime.ts'
import { goDurationMs } from '../pods/back-off.ts'
import type { ProbeOutcome } from './probe-result.ts'

const MAX_OUTPUT_BYTES = 10 * 1024

/** An exec probe: success when the command ends with status 0 in time. */
export async function probeExec(
  runtime: Pick<ContainerRuntime, 'execSync'>,
  containerId: string,
  command: readonly string[],
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds, signal)
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString()
    return { verdict: exitCode === 0 ? 'success' : 'failure', output }
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof RuntimeError && error.code === RuntimeCode.DeadlineExceeded) {
      const text = `command timed out: "${command.join(' ')}" timed out after ${goDurationMs(timeoutSeconds * 1000)}`
      return { verdict: 'failure', output: text }
    }
    return { verdict: 'error', output: error instanceof Error ? error.message : String(error) }
  }
}
