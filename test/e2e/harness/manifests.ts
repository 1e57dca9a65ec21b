import type { Manifest } from './kubectl.ts'
import { TEST_IMAGE } from './test-image.ts'

/** Any part of a manifest, as one would write it in YAML. */
export type Part = Readonly<Record<string, unknown>>

/** Runs until it is told to end, and then ends at once. */
export const FOREVER = 'trap "exit 0" TERM; sleep 100000 & wait'

/** Serves the pod's name on port 80, and ends at once when it is told to. */
export const WEB_SERVER = 'hostname > /www/index.html; trap "exit 0" TERM; httpd -f -p 80 -h /www & wait'

export const shell = (script: string): Part => ({ command: ['sh', '-c', script] })

export function container(part: Part = {}): Part {
  return { name: 'main', image: TEST_IMAGE, ...(!('command' in part) && shell(FOREVER)), ...part }
}

export interface PodParts {
  readonly container?: Part
  readonly spec?: Part
  readonly metadata?: Part
}

/** A pod of one container that runs until it is deleted, unless its parts say otherwise. */
export function pod(name: string, { container: main, spec, metadata }: PodParts = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name }, ...metadata },
    spec: { terminationGracePeriodSeconds: 5, containers: [container(main)], ...spec },
  }
}

/** What a controller makes pods from; they are labelled `app: <name>`. */
export function template(name: string, { container: main, spec, metadata }: PodParts = {}): Part {
  return {
    metadata: { labels: { app: name }, ...metadata },
    spec: { terminationGracePeriodSeconds: 5, containers: [container(main)], ...spec },
  }
}

/** Any workload with a selector: Deployment, StatefulSet, DaemonSet. */
export function workload(kind: string, name: string, parts: PodParts = {}, spec: Part = {}): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels: { app: name } },
    spec: { selector: { matchLabels: { app: name } }, template: template(name, parts), ...spec },
  }
}

/** A Service of port 80 for the pods labelled `app: <name>`. */
export function service(name: string, spec: Part = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec },
  }
}

export function configMap(name: string, data: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }
}
