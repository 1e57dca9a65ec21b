import { type Choices, choices } from '../../validation/choices.ts'

const FIRST_NAMES =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'

let linux: Choices | undefined
let windows: Choices | undefined

/** Stop signals that a container may name (KEP-4960); lists are made on first use, for few name one. */
export function linuxSignals(): Choices {
  linux ??= choices(...FIRST_NAMES.split(' ').map((name) => `SIG${name}`), ...realTimeSignals())
  return linux
}

export function windowsSignals(): Choices {
  windows ??= choices('SIGKILL', 'SIGTERM')
  return windows
}

function realTimeSignals(): string[] {
  const count = (length: number, name: string): string[] => Array.from({ length }, (_, index) => `${name}${index + 1}`)
  return ['SIGRTMIN', ...count(15, 'SIGRTMIN+'), ...count(14, 'SIGRTMAX-'), 'SIGRTMAX']
}
