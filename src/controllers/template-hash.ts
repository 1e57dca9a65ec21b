import type { PodTemplateSpec } from '../api/types/core.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

export const POD_TEMPLATE_HASH = 'pod-template-hash'

/** Upstream's alphabet for names: no vowels, nothing that is mistaken for another. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/**
 * A short name for a pod template: equal templates have equal names. `collisionCount` gives another one when a different
 * template has taken the name. (Upstream hashes Go's memory form; only the form of the result is the same.)
 */
export function templateHash(template: DeepReadonly<PodTemplateSpec> | undefined, collisionCount = 0): string {
  const text = canonical(template ?? {}) + (collisionCount > 0 ? `#${collisionCount}` : '')
  return [...fnv1a(text).toString()].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}

/** Equal but for the label that the controller adds. */
export function sameTemplate(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b))
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  if (!template?.metadata?.labels) return template ?? {}
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}

/** JSON with sorted keys; empty maps and lists count as absent. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(
      Object.entries(part)
        .filter(([, child]) => !isEmpty(child))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  })
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
