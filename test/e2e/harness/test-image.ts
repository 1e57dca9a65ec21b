import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ociArchive } from '../../../src/kubelet/images/oci-archive.ts'
import { hostArchitecture } from '../../../src/kubelet/images/pause-image.ts'
import type { TarEntry } from '../../../src/kubelet/images/tar.ts'

/** What the tests' containers run: a static busybox, and curl with its libraries as the client that resolves names. */
export const TEST_IMAGE = 'test.local/busybox:1'

const BUSYBOX = '/bin/busybox'
const CURL = '/usr/bin/curl'

/** Writes an OCI archive of the image into a directory and answers its path. Built from this host's Debian packages. */
export function writeTestImage(directory: string, name: string = TEST_IMAGE): string {
  const config = { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] }
  const file = join(directory, `${name.replaceAll(/[^a-z0-9]/g, '-')}.tar`)
  writeFileSync(file, ociArchive({ name, architecture: hostArchitecture(), files: testImageFiles(), config }))
  return file
}

export function testImageFiles(): TarEntry[] {
  const users = 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'
  return [
    ...['bin/', 'etc/', 'tmp/', 'www/', 'var/', 'var/run/'].map((path) => ({
      path,
      mode: path === 'tmp/' ? 0o1777 : 0o755,
    })),
    program('bin/busybox', BUSYBOX),
    ...applets().map((applet) => ({ path: `bin/${applet}`, mode: 0o777, linkTarget: 'busybox' })),
    program('bin/curl', CURL),
    ...librariesOf(CURL).map((library) => program(library.slice(1), library)),
    { path: 'etc/passwd', mode: 0o644, data: Buffer.from(users) },
    { path: 'etc/group', mode: 0o644, data: Buffer.from('root:x:0:\nnobody:x:65534:\n') },
  ]
}

function program(path: string, source: string): TarEntry {
  return { path, mode: 0o755, data: readFileSync(source) }
}

function applets(): string[] {
  const names = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  return names.filter((name) => name !== 'busybox')
}

function librariesOf(binary: string): string[] {
  return [...execFileSync('ldd', [binary], { encoding: 'utf8' }).matchAll(/\s(\/\S+) \(/g)].map(
    ([, path]) => path as string,
  )
}
