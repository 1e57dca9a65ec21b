import type { FieldError } from '../../../../api/field-error.ts'
import { invalid } from '../../../../api/field-error.ts'

export const Level = { Privileged: 'privileged', Baseline: 'baseline', Restricted: 'restricted' } as const
export type Level = (typeof Level)[keyof typeof Level]

/** A level of the Pod Security Standards, as of a version of them. */
export interface LevelVersion {
  readonly level: Level
  readonly version: string
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly warn: LevelVersion
}

type Labels = Readonly<Record<string, string>>
const PREFIX = 'pod-security.kubernetes.io/'
const LEVELS: readonly string[] = Object.values(Level)
const VERSION = /^(latest|v1\.(0|[1-9]\d*))$/

const ENFORCE = labelsOf('enforce')
const WARN = labelsOf('warn')

interface PolicyLabels {
  readonly level: string
  readonly version: string
}

function labelsOf(mode: string): PolicyLabels {
  return { level: PREFIX + mode, version: `${PREFIX}${mode}-version` }
}

/** What a namespace's labels ask for; without a label everything is allowed. Warnings follow what is enforced. */
export function policyOf(labels: Labels = {}): Policy {
  const enforce = levelOf(labels, ENFORCE)
  return { enforce, warn: WARN.level in labels ? levelOf(labels, WARN) : enforce }
}

/** A label that means nothing is taken for the strictest level. */
function levelOf(labels: Labels, names: PolicyLabels): LevelVersion {
  const level = labels[names.level] ?? Level.Privileged
  const version = labels[names.version] ?? 'latest'
  return {
    level: LEVELS.includes(level) ? (level as Level) : Level.Restricted,
    version: VERSION.test(version) ? version : 'latest',
  }
}

export function labelErrors(labels: Labels = {}): FieldError[] {
  return ['enforce', 'audit', 'warn'].flatMap((mode) => {
    const level = labels[PREFIX + mode]
    const version = labels[`${PREFIX}${mode}-version`]
    const field = (name: string) => `metadata.labels[${PREFIX}${name}]`
    const levels = `must be one of ${LEVELS.join(', ')}`
    return [
      ...(level !== undefined && !LEVELS.includes(level) ? [invalid(field(mode), level, levels)] : []),
      ...(version !== undefined && !VERSION.test(version)
        ? [invalid(field(`${mode}-version`), version, 'must be "latest" or "v1.x"')]
        : []),
    ]
  })
}

export const policyText = ({ level, version }: LevelVersion): string => JSON.stringify(`${level}:${version}`)
