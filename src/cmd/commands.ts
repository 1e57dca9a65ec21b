import { apiOptions } from './api-options.ts'
import { etcdOptions } from './etcd-options.ts'
import { kubeconfigOption } from './kubeconfig-option.ts'
import { leaderElectionOptions } from './leader-election-options.ts'
import type { CommandSpec, Given, OptionSpec } from './options.ts'
import { snapshotDirOption, snapshotScheduleOptions } from './snapshot-options.ts'

export interface Command extends CommandSpec {
  /** Loads what runs the command; it returns the exit status. */
  load(): Promise<{ run(given: Given): Promise<number> }>
}

const dataDir: OptionSpec = {
  name: 'data-dir',
  value: 'DIR',
  help: 'where the cluster keeps its data, one directory for each cluster\n(default: /var/lib/navarch for root, else $XDG_DATA_HOME/navarch)',
}

const json: OptionSpec = { name: 'output', short: 'o', value: 'FORMAT', help: "'json' for a machine to read" }
const verbose: OptionSpec = { name: 'verbose', short: 'v', help: 'log what happens, not only warnings' }

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
      ...etcdOptions,
      ...snapshotScheduleOptions,
      ...apiOptions,
      verbose,
    ],
    load: () => import('./up.ts'),
  },
  {
    name: 'server',
    summary: 'Start a server of a cluster of several: API server, controllers and scheduler, and no node.',
    description: `Servers with the same etcd and the same token are one cluster: any of them answers, and one at a time leads.
Put a TCP load balancer before them. docs/high-availability.md shows how.`,
    options: [
      { name: 'detach', short: 'd', help: 'run in the background; return when the API answers' },
      dataDir,
      { name: 'port', value: 'PORT', help: "the API server's port, the same on all servers (default 6443)" },
      { name: 'bind-address', value: 'IP', help: 'where the API server listens (default 0.0.0.0: on all addresses)' },
      {
        name: 'advertise-address',
        value: 'IP',
        help: "where nodes and pods reach this server (default: the bind address, or this host's)",
      },
      {
        name: 'tls-san',
        value: 'HOST',
        multiple: true,
        help: "what else clients call it by: the load balancer's name and address",
      },
      ...etcdOptions,
      ...snapshotScheduleOptions,
      {
        name: 'token-file',
        value: 'FILE',
        help: "the secret that the cluster's servers share; the first server makes it\n(default DATA-DIR/token)",
      },
      ...leaderElectionOptions,
      {
        name: 'simulated-nodes',
        value: 'N',
        help: 'add N nodes whose pods go through their phases without containers',
      },
      ...apiOptions,
      verbose,
    ],
    load: () => import('./server.ts'),
  },
  {
    name: 'agent',
    summary: 'Make this host a node of a cluster whose servers run elsewhere.',
    description: `The first start joins the cluster with a token; later ones need neither token nor servers. The node knows all servers
and turns to another when one dies. SIGTERM and Ctrl-C stop Navarch alone: containers run on until 'navarch down'.
docs/nodes.md shows how.`,
    options: [
      { name: 'detach', short: 'd', help: 'run in the background; return when the node is Ready' },
      dataDir,
      {
        name: 'server',
        value: 'URL',
        multiple: true,
        help: 'https://HOST:PORT of a server of the cluster; of several, or of their load balancer',
      },
      {
        name: 'token-file',
        value: 'FILE',
        help: "what 'navarch token create' printed on a server; needed to join",
      },
      {
        name: 'discovery-token-ca-cert-hash',
        value: 'HASH',
        multiple: true,
        help: "sha256:… of the cluster's authority, for a token without it",
      },
      { name: 'node-name', value: 'NAME', help: "the node's name (default: this host's name)" },
      {
        name: 'node-ip',
        value: 'IP',
        help: "where other nodes and the servers reach this one (default: this host's first address)",
      },
      { name: 'node-labels', value: 'KEY=VALUE,…', multiple: true, help: 'labels that the node gives itself' },
      {
        name: 'register-with-taints',
        value: 'KEY=VALUE:EFFECT,…',
        multiple: true,
        help: 'taints that the node has when it joins',
      },
      {
        name: 'container-runtime-endpoint',
        value: 'SOCKET',
        help: 'use the CRI runtime at this socket instead of a private containerd',
      },
      {
        name: 'cgroup-root',
        value: 'PATH',
        help: 'run pods below this cgroup, where several nodes share a host; kept from the first start on',
      },
      verbose,
    ],
    load: () => import('./agent.ts'),
  },
  {
    name: 'token create',
    summary: 'Make a token with which hosts join as nodes, and print it.',
    options: [
      dataDir,
      kubeconfigOption,
      { name: 'ttl', value: 'DURATION', help: 'how long it lets nodes in (default 24h; 0: until it is deleted)' },
      { name: 'description', value: 'TEXT', help: 'what it is for' },
      {
        name: 'groups',
        value: 'GROUP,…',
        multiple: true,
        help: 'further groups of who comes with it: system:bootstrappers:…',
      },
    ],
    load: () => import('./token-create.ts'),
  },
  {
    name: 'token list',
    summary: 'List the tokens with which hosts may join, without their secrets.',
    options: [dataDir, kubeconfigOption, json],
    load: () => import('./token-list.ts'),
  },
  {
    name: 'token delete',
    operands: 'ID…',
    summary: 'Delete tokens; nodes that joined with them stay.',
    options: [dataDir, kubeconfigOption],
    load: () => import('./token-delete.ts'),
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
    options: [dataDir, json],
    load: () => import('./status.ts'),
  },
  {
    name: 'kubeconfig',
    summary: "Print the administrator's kubeconfig, with keys and certificates in it.",
    options: [
      dataDir,
      { name: 'server', value: 'URL', help: "lead to this server, such as a load balancer's https://HOST:PORT" },
    ],
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
    name: 'snapshot save',
    summary: "Save the cluster's state into a file, also while it runs.",
    description: `The file is checked and gets its name when it is complete on the disk. It has every object, Secrets too, and not what
is beside the state: keep the pki directory as well. From etcd the file is as 'etcdctl snapshot save' writes it.`,
    options: [
      dataDir,
      snapshotDirOption,
      { name: 'label', value: 'LABEL', help: "what the file's name begins with (default manual)" },
      ...etcdOptions,
      json,
    ],
    load: () => import('./snapshot-save.ts'),
  },
  {
    name: 'snapshot list',
    summary: 'List the snapshots, the newest last.',
    options: [dataDir, snapshotDirOption, json],
    load: () => import('./snapshot-list.ts'),
  },
  {
    name: 'snapshot verify',
    operands: '[FILE…]',
    summary: "Look through snapshots, or without FILE through the cluster's database, page by page.",
    options: [dataDir],
    load: () => import('./snapshot-verify.ts'),
  },
  {
    name: 'snapshot restore',
    operands: 'FILE',
    summary: 'Give a stopped cluster the state of a snapshot, whichever backend it is from.',
    description: `FILE is a path or a name that 'navarch snapshot list' shows. A state that is there is only replaced with --force, and is
kept beside the new one. Into etcd the objects are written one by one; stop every API server that uses it before.`,
    options: [
      dataDir,
      snapshotDirOption,
      { name: 'force', help: 'replace the state that is there' },
      {
        name: 'bump-revision',
        value: 'N',
        help: 'how far above the revision of the snapshot the state goes on, so that no client takes new revisions for ones\nthat are lost (default 1000000 when the lost state does not say where it was; into etcd 100000)',
      },
      {
        name: 'snapshot-prefix',
        value: 'PATH',
        help: 'what the keys in a snapshot of etcd begin with (default: --etcd-prefix)',
      },
      ...etcdOptions,
    ],
    load: () => import('./snapshot-restore.ts'),
  },
  {
    name: 'snapshot prune',
    summary: 'Delete the oldest snapshots.',
    options: [
      dataDir,
      snapshotDirOption,
      { name: 'keep', value: 'N', help: 'how many of the newest are kept' },
      { name: 'label', value: 'LABEL', help: 'only those whose name begins with this label (manual, scheduled, …)' },
    ],
    load: () => import('./snapshot-prune.ts'),
  },
  {
    name: 'migrate',
    summary: "Move a stopped cluster's state from a file to etcd, or back.",
    description: `Every object is read back and compared before the cluster uses the new place; the old one is kept. A move that was
interrupted goes on when it is repeated.`,
    options: [
      dataDir,
      { name: 'to', value: 'PLACE', help: "'etcd' (with --etcd-servers) or 'sqlite'" },
      {
        name: 'from',
        value: 'PLACE',
        help: "'sqlite', 'sqlite:FILE' or 'etcd' (with --etcd-servers), if not where the cluster has its state",
      },
      ...etcdOptions,
    ],
    load: () => import('./migrate.ts'),
  },
  {
    name: 'version',
    summary: 'Print the versions of Navarch, of its Kubernetes API and of Node.js.',
    options: [json],
    load: () => import('./version.ts'),
  },
]
