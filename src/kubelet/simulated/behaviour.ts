import type { PodView } from '../pods/pod.ts'

/** How a simulated pod goes through its life. Times are in ms. */
export interface Behaviour {
  /** From being bound until its containers run. */
  readonly startMs: number
  /** From a container's start until it is ready; Infinity: never. */
  readonly readyMs: number
  /** From a container's start until it exits; Infinity: it runs until it is stopped. */
  readonly runMs: number
  readonly exitCode: number
  /** How long a container takes to end when it is asked to; killed when that is longer than its grace period. */
  readonly stopMs: number
  /** No image can be pulled. */
  readonly imageMissing: boolean
}

/** On a pod: `start=2s,ready=5s,run=1m,exit=1,stop=500ms,image=missing`, or `crash`. README.md says what each means. */
export const SIMULATE_ANNOTATION = 'navarch.io/simulate'

const DEFAULTS = { startMs: 200, exitCode: 0, stopMs: 100, imageMissing: false } as const
/** Of pods that are meant to end: restartPolicy Never or OnFailure. */
const WORK_MS = 1000
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** The behaviour of a pod: its annotation first, then `timings`, then what its specification suggests. */
export function behaviourOf(pod: PodView, timings: Partial<Behaviour> = {}): Behaviour {
  const { containers, restartPolicy } = pod.spec
  const delays = containers.map(({ readinessProbe }) => readinessProbe?.initialDelaySeconds ?? 0)
  const runMs = restartPolicy === 'Always' || restartPolicy === undefined ? Number.POSITIVE_INFINITY : WORK_MS
  const suggested = { ...DEFAULTS, readyMs: Math.max(0, ...delays) * 1000, runMs }
  return { ...suggested, ...timings, ...parseBehaviour(pod.metadata.annotations?.[SIMULATE_ANNOTATION] ?? '') }
}

/** What the annotation says. Words that are not known, and values that are not valid, are ignored. */
export function parseBehaviour(text: string): Partial<Behaviour> {
  const words = text.split(',').map((word) => word.trim().split('='))
  return Object.assign({}, ...words.map(([key = '', value = '']) => meaningOf(key, value)))
}

function meaningOf(key: string, value: string): Partial<Behaviour> {
  if (key === 'crash') return { runMs: 1000, exitCode: 1 }
  if (key === 'image') return value === 'missing' ? { imageMissing: true } : {}
  if (key === 'exit') return /^\d{1,3}$/.test(value) ? { exitCode: Number(value) } : {}
  const field = ({ start: 'startMs', ready: 'readyMs', run: 'runMs', stop: 'stopMs' } as const)[key]
  const ms = value === 'never' ? Number.POSITIVE_INFINITY : durationMs(value)
  return field === undefined || ms === undefined ? {} : { [field]: ms }
}

function durationMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)
}
