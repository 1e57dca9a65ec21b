import type { HostFacts } from './host-facts.ts'

export interface ContainerdPaths {
  /** Images and snapshots: kept over reboots. */
  readonly root: string
  /** Running containers, gone after a reboot. */
  readonly state: string
  readonly socket: string
  readonly cniConfDir: string
  /** `hosts.toml` files per registry: mirrors and private CAs. */
  readonly registryConfigDir: string
}

export interface ContainerdSettings {
  readonly paths: ContainerdPaths
  readonly host: HostFacts
  readonly sandboxImage: string
  readonly cgroupDriver: 'cgroupfs' | 'systemd'
}

/** Snapshotters and services that we never use and that cost start-up time or log warnings where they cannot work. */
const DISABLED = [
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
  'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.internal.v1.tracing',
]

/** The config.toml of a private containerd: version 2 of the format, which 1.6, 1.7 and 2.x understand. */
export function containerdConfig({ paths, host, sandboxImage, cgroupDriver }: ContainerdSettings): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  return toml({
    '': {
      version: 2,
      root: paths.root,
      state: paths.state,
      oom_score: host.mayLowerOomScore ? -999 : 0,
      disabled_plugins: DISABLED,
    },
    grpc: { address: paths.socket },
    debug: { level: 'warn' },
    'plugins."io.containerd.internal.v1.opt"': { path: `${paths.root}/opt` },
    [cri]: {
      sandbox_image: sandboxImage,
      restrict_oom_score_adj: !host.mayLowerOomScore,
      stream_server_address: '127.0.0.1',
      stream_server_port: '0',
    },
    [`${cri}.cni`]: { bin_dir: host.cniBinDir, conf_dir: paths.cniConfDir },
    [`${cri}.registry`]: { config_path: paths.registryConfigDir },
    [`${cri}.containerd`]: { snapshotter: host.snapshotter, default_runtime_name: 'runc' },
    [`${cri}.containerd.runtimes.runc`]: { runtime_type: 'io.containerd.runc.v2' },
    [`${cri}.containerd.runtimes.runc.options`]: { SystemdCgroup: cgroupDriver === 'systemd' },
  })
}

type TomlValue = string | number | boolean | readonly string[]

/** Tables of scalars; the table named '' comes without a heading. JSON's strings are valid TOML strings. */
function toml(tables: Readonly<Record<string, Readonly<Record<string, TomlValue>>>>): string {
  const section = ([name, values]: [string, Readonly<Record<string, TomlValue>>]): string => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    return [...(name === '' ? [] : [`[${name}]`]), ...lines, ''].join('\n')
  }
  return Object.entries(tables).map(section).join('\n')
}
