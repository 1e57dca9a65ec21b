/**
 * Builds the guest book's two images from programs of this host (busybox-static and bash) and the scripts in images/, with
 * no registry:
 *
 *   tools/run examples/guestbook/build-images.ts DIRECTORY
 *
 * writes an OCI archive for each into the directory and prints their paths.
 */
import { execFileSync } from 'node:child_process'
import { readFile, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ociArchive } from '../../src/kubelet/images/oci-archive.ts'
import { hostArchitecture } from '../../src/kubelet/images/pause-image.ts'
import type { TarEntry } from '../../src/kubelet/images/tar.ts'

export const IMAGES = {
  frontend: 'navarch.io/guestbook-frontend:1',
  backend: 'navarch.io/guestbook-backend:1',
} as const

const BUSYBOX = '/bin/busybox'
const APPLETS = ['cat', 'date', 'head', 'hostname', 'httpd', 'ls', 'sed', 'sh', 'sleep', 'tac', 'tail']
const SCRIPTS = join(import.meta.dirname, 'images')

/** Writes the archives of both images into a directory; answers their paths. */
export async function buildImages(directory: string): Promise<string[]> {
  // Debian's busybox is linked statically against glibc and cannot look up names; bash can, with its shared libraries.
  const bash = await programFiles('/bin/bash')
  return Promise.all([
    build(directory, 'frontend', [...(await webServer('frontend', 'index.cgi')), ...bash]),
    build(directory, 'backend', await webServer('backend', 'entries.cgi')),
  ])
}

async function build(directory: string, part: keyof typeof IMAGES, files: TarEntry[]): Promise<string> {
  const file = join(directory, `guestbook-${part}.tar`)
  const config = {
    Env: ['PATH=/bin'],
    Entrypoint: ['/bin/httpd', '-f', '-p', '8080', '-h', '/www'],
    User: '65532:65532',
    ExposedPorts: { '8080/tcp': {} },
  }
  const image = { name: IMAGES[part], architecture: hostArchitecture(), files: withFolders(files), config }
  await writeFile(file, ociArchive(image))
  return file
}

/** busybox as web server, with one CGI script and a page for probes. */
async function webServer(part: string, script: string): Promise<TarEntry[]> {
  const links = APPLETS.map((applet) => ({ path: `bin/${applet}`, mode: 0o777, linkTarget: 'busybox' }))
  return [
    { path: 'bin/busybox', mode: 0o755, data: await readFile(BUSYBOX) },
    ...links,
    { path: 'etc/passwd', mode: 0o644, data: Buffer.from('guestbook:x:65532:65532::/:/bin/sh\n') },
    { path: 'www/healthz', mode: 0o644, data: Buffer.from('ok\n') },
    { path: `www/cgi-bin/${script}`, mode: 0o755, data: await readFile(join(SCRIPTS, part, script)) },
  ]
}

/** A program of this host with the shared libraries it needs, at their own paths. */
async function programFiles(program: string): Promise<TarEntry[]> {
  const needed = execFileSync('ldd', [program], { encoding: 'utf8' })
  const libraries = [...needed.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string)
  return Promise.all(
    [program, ...libraries].map(async (path) => ({
      path: path.slice(1),
      mode: 0o755,
      data: await readFile(await realpath(path)),
    })),
  )
}

/** The entries with every folder that they lie in before them. */
function withFolders(files: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>()
  const note = (path: string): void => {
    const folder = dirname(path)
    if (folder === '.' || folders.has(`${folder}/`)) return
    note(folder)
    folders.add(`${folder}/`)
  }
  for (const { path } of files) note(path)
  return [...Array.from(folders, (path) => ({ path, mode: 0o755 })), ...files]
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2)
  if (!directory) {
    console.error('usage: tools/run examples/guestbook/build-images.ts DIRECTORY')
    process.exit(2)
  }
  for (const file of await buildImages(directory)) console.log(file)
}
