import type { RuntimeState } from '../cri/messages.ts'

/** Why the container runtime cannot run pods, in upstream's words; none when it can. */
export function runtimeProblems({ status }: RuntimeState): string[] {
  const conditions = status?.conditions ?? []
  return (['RuntimeReady', 'NetworkReady'] as const).flatMap((type) => {
    const found = conditions.find((condition) => condition.type === type)
    if (found?.status) return []
    const detail = `${type}=${found?.status ?? false} reason:${found?.reason ?? ''} message:${found?.message ?? ''}`
    const what = type === 'RuntimeReady' ? 'container runtime not ready' : 'container runtime network not ready'
    return [`${what}: ${detail}`]
  })
}
