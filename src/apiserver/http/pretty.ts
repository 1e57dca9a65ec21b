const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** Whether JSON is indented: asked for, or the client is one that people look at (upstream's isPrettyPrint). */
export function isPretty(parameter: string | undefined, userAgent: string | undefined): boolean {
  if (parameter) return TRUE.has(parameter)
  if (userAgent === undefined) return false
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0')
}
