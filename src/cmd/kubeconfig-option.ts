import type { OptionSpec } from './options.ts'

/** By what the commands that speak to a running cluster know it. */
export const kubeconfigOption: OptionSpec = {
  name: 'kubeconfig',
  value: 'FILE',
  help: "an administrator's kubeconfig (default: the one in the data directory)",
}
