import type { Taint } from '../../api/types/core.v1.ts'
import { isKubeletLabel } from '../../apiserver/admission/plugins/node-restriction/nodes.ts'
import type { NodeSettings } from '../cluster/node.ts'
import type { Given } from '../options.ts'
import { UsageError } from '../usage-error.ts'

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** What the options say of the node itself, under upstream's names. Throws a UsageError. */
export function nodeSettingsOf(given: Given, name: string): NodeSettings {
  if (!NAME.test(name) || name.length > 253) {
    throw wrong(
      `a node cannot be called '${name}': lower case letters, digits, '-' and '.' make a name. Use --node-name.`,
    )
  }
  const runtimeEndpoint = given.text('container-runtime-endpoint')
  const [labels, taints] = [labelsOf(given), taintsOf(given)]
  return { name, labels, taints, ...(runtimeEndpoint && { runtimeEndpoint }) }
}

const listed = (given: Given, option: string): string[] =>
  given.texts(option).flatMap((text) => text.split(',').filter(Boolean))

function labelsOf(given: Given): Record<string, string> {
  const labels = Object.fromEntries(
    listed(given, 'node-labels').map((text) => {
      const [key = '', value = ''] = text.split(/=(.*)/s)
      if (QUALIFIED.test(key) && VALUE.test(value)) return [key, value]
      throw wrong(`--node-labels takes KEY=VALUE, not '${text}'.`)
    }),
  )
  const forbidden = Object.keys(labels).filter((key) => !isKubeletLabel(key))
  if (forbidden.length === 0) return labels
  throw wrong(
    `a node may not give itself the labels ${forbidden.join(', ')}: under kubernetes.io and k8s.io they are an administrator's, but for those of node.kubernetes.io and kubelet.kubernetes.io. Set them with 'kubectl label node'.`,
  )
}

function taintsOf(given: Given): Taint[] {
  return listed(given, 'register-with-taints').map((text) => {
    const [, key = '', value = '', effect = ''] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? []
    if (QUALIFIED.test(key) && VALUE.test(value) && EFFECTS.includes(effect)) {
      return { key, effect: effect as Taint['effect'], ...(value && { value }) }
    }
    throw wrong(`--register-with-taints takes KEY=VALUE:EFFECT with one of ${EFFECTS.join(', ')}, not '${text}'.`)
  })
}

const wrong = (message: string): UsageError => new UsageError(message, { exitCode: 2 })
