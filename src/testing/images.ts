import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ociArchive } from '../kubelet/images/oci-archive.ts'
import { hostArchitecture } from '../kubelet/images/pause-image.ts'
import type { TarEntry } from '../kubelet/images/tar.ts'

/** The image that tests run: a static busybox, no registry needed. */
export const BUSYBOX_IMAGE = 'navarch.io/busybox:1'

const APPLETS = [
  'sh',
  'sleep',
  'cat',
  'echo',
  'true',
  'false',
  'ls',
  'id',
  'env',
  'hostname',
  'wget',
  'nc',
  'httpd',
  'kill',
  'ps',
  'date',
  'mkdir',
  'rm',
  'cp',
  'mv',
  'tar',
  'touch',
  'grep',
  'sed',
  'head',
  'tail',
  'wc',
  'vi',
  'stty',
  'tty',
  'nslookup',
  'ping',
  'ip',
  'mount',
  'umount',
  'df',
  'dd',
  'test',
  'expr',
  'seq',
  'trap',
  'yes',
  'stat',
  'chmod',
  'chown',
  'readlink',
  'ln',
]

/** Writes an image archive with Debian's busybox-static into a directory and answers its path. */
export async function writeBusyboxArchive(directory: string, name = BUSYBOX_IMAGE): Promise<string> {
  const files: TarEntry[] = [
    { path: 'bin/', mode: 0o755 },
    { path: 'tmp/', mode: 0o1777 },
    { path: 'etc/', mode: 0o755 },
    { path: 'bin/busybox', mode: 0o755, data: await readFile('/bin/busybox') },
    {
      path: 'etc/passwd',
      mode: 0o644,
      data: Buffer.from('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'),
    },
    { path: 'etc/group', mode: 0o644, data: Buffer.from('root:x:0:\nnobody:x:65534:\n') },
    ...APPLETS.map((applet) => ({ path: `bin/${applet}`, mode: 0o777, linkTarget: 'busybox' })),
  ]
  const config = { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] }
  const file = join(directory, 'busybox.tar')
  await writeFile(file, ociArchive({ name, architecture: hostArchitecture(), files, config }))
  return file
}
