import { etcdOptions } from './etcd-options.ts'
import type { CommandSpec, Given, OptionSpec } from './options.ts'

export interface Command extends CommandSpec {
  /** Loads what runs the command; it returns the exit status. */
  load(): Promise<{ run(given: Given): Promise<number> }>
}

const dataDir: OptionSpec = {
  name: 'data-dir',
  value: 'DIR',
  help: 'where the cluster keeps its data, one directory for each cluster\n(default: /var/lib/navarch for root, else $XDG_DATA_HOME/navarch)',
}

/** Every command of the program; one entry adds one. */
export const commands: readonly Command[] = [
  {
    name: 'up',
    summary: 'Start a cluster of one node: control plane, containers, network and DNS.',
    description: `In the foreground Ctrl-C stops everything, as 'navarch down' does; SIGTERM stops Navarch alone and leaves
containers running for the next start. Clusters with different data directories and ports run side by side.`,
    options: [
      { name: 'detach', short: 'd', help: 'run in the background; return when the API answers and the node is Ready' },
      dataDir,
      {
        name: 'port',
        value: 'PORT',
        help: "the API server's port (default 6443, or the one of the cluster's first start)",
      },
      {
        name: 'bind-address',
        value: 'IP',
        help: "where the API server listens beside the node's address in the pod network\n(default 127.0.0.1; 0.0.0.0: on all addresses)",
      },
      { name: 'no-node', help: 'control plane alone' },
      {
        name: 'simulated-nodes',
        value: 'N',
        help: 'add N nodes whose pods go through their phases without containers',
      },
      { name: 'node-name', value: 'NAME', help: "the node's name (default: this host's name)" },
      {
        name: 'container-runtime-endpoint',
        value: 'SOCKET',
        help: 'use the CRI runtime at this socket instead of a private containerd',
      },
      {
        name: 'runtime-config',
        value: 'KEY=BOOL',
        multiple: true,
        help: "turn API versions on or off: 'api/all=true', 'resource.k8s.io/v1beta1=true'",
      },
      {
        name: 'api-workers',
        value: 'N',
        help: 'serve the API on N more threads, each with watch caches of its own (default 0)',
      },
      ...etcdOptions,
      {
        name: 'feature-gates',
        value: 'KEY=BOOL',
        multiple: true,
        help: "turn features on or off that are not stable yet: 'CBORServingAndStorage=true'",
      },
      { name: 'verbose', short: 'v', help: 'log what happens, not only warnings' },
    ],
    load: () => import('./up.ts'),
  },
  {
    name: 'down',
    summary: 'Stop the cluster: containers, mounts, interfaces and nft tables go; the data stays.',
    options: [dataDir],
    load: () => import('./down.ts'),
  },
  {
    name: 'delete',
    summary: 'Stop the cluster and delete its data.',
    options: [dataDir, { name: 'yes', short: 'y', help: 'do not ask' }],
    load: () => import('./delete.ts'),
  },
  {
    name: 'status',
    summary: 'Show whether each component is healthy, the node, its pods and the addresses.',
    options: [dataDir, { name: 'output', short: 'o', value: 'FORMAT', help: "'json' for a machine to read" }],
    load: () => import('./status.ts'),
  },
  {
    name: 'kubeconfig',
    summary: "Print the administrator's kubeconfig, with keys and certificates in it.",
    options: [dataDir],
    load: () => import('./kubeconfig.ts'),
  },
  {
    name: 'image load',
    operands: 'FILE…',
    summary: "Load images from OCI or docker archives into the node's runtime.",
    options: [dataDir],
    load: () => import('./image-load.ts'),
  },
  {
    name: 'version',
    summary: 'Print the versions of Navarch, of its Kubernetes API and of Node.js.',
    options: [{ name: 'output', short: 'o', value: 'FORMAT', help: "'json' for a machine to read" }],
    load: () => import('./version.ts'),
  },
]
