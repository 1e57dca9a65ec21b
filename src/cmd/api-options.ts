import { FeatureGates } from '../api/feature-gates.ts'
import type { Given, OptionSpec } from './options.ts'
import { UsageError } from './usage-error.ts'

/** What an API server serves, mostly under upstream's names, and on how many threads. */
export const apiOptions: readonly OptionSpec[] = [
  {
    name: 'runtime-config',
    value: 'KEY=BOOL',
    multiple: true,
    help: "turn API versions on or off: 'api/all=true', 'resource.k8s.io/v1beta1=true'",
  },
  {
    name: 'feature-gates',
    value: 'KEY=BOOL',
    multiple: true,
    help: "turn features on or off that are not stable yet: 'CBORServingAndStorage=true'",
  },
  {
    name: 'api-workers',
    value: 'N',
    help: 'serve the API on N more threads, each with watch caches of its own (default 0)',
  },
]

export function apiOptionsOf(given: Given): {
  readonly runtimeConfig: Readonly<Record<string, boolean>>
  readonly featureGates: FeatureGates
  readonly apiWorkers: number
} {
  return {
    runtimeConfig: runtimeConfigOf(given),
    featureGates: featureGatesOf(given),
    apiWorkers: given.number('api-workers', { min: 0, max: 64 }) ?? 0,
  }
}

function runtimeConfigOf(given: Given): Readonly<Record<string, boolean>> {
  const entries = given.texts('runtime-config').flatMap((text) => text.split(','))
  return Object.fromEntries(
    entries.map((entry) => {
      const [key = '', value = 'true'] = entry.split('=')
      if (value !== 'true' && value !== 'false')
        throw new UsageError(`--runtime-config takes KEY=true or KEY=false, not '${entry}'.`, { exitCode: 2 })
      return [key, value === 'true']
    }),
  )
}

/** A refusal has upstream's words, the flag's included. */
function featureGatesOf(given: Given): FeatureGates {
  const texts = given.texts('feature-gates')
  try {
    return FeatureGates.parse(texts)
  } catch (error) {
    const text = `invalid argument ${JSON.stringify(texts.join(','))} for "--feature-gates" flag: ${(error as Error).message}`
    throw new UsageError(text, { exitCode: 2, cause: error })
  }
}
