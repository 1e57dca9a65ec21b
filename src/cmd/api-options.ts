import { FeatureGates } from '../api/feature-gates.ts'
import type { Given, OptionSpec } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Upstream's options that say what an API server serves. */
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
]

export function apiOptionsOf(given: Given): {
  readonly runtimeConfig: Readonly<Record<string, boolean>>
  readonly featureGates: FeatureGates
} {
  return { runtimeConfig: runtimeConfigOf(given), featureGates: featureGatesOf(given) }
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
