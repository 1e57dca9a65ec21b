import type { RegisterHooksOptions } from 'node:module'

type Resolve = NonNullable<RegisterHooksOptions['resolve']>

/** Where the program's own files are, as a URL that ends with a slash. */
const ROOT = new URL('../', import.meta.url).href
const FORMAT = import.meta.url.endsWith('.ts') ? 'module-typescript' : 'module'

/**
 * Finds files of the program from each other by their paths alone. Node.js asks the file system for each of them whether it
 * is a link, and in each folder above for a package.json: a quarter of the time that it takes to load a thousand of them.
 */
export const resolveOwn: Resolve = (specifier, context, next) => {
  if (!specifier.startsWith('.') || !context.parentURL?.startsWith(ROOT)) return next(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: FORMAT, shortCircuit: true }
}
