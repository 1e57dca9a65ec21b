/** A file, directory or symbolic link of an archive. */
export interface TarEntry {
  /** Relative, without a leading slash. */
  readonly path: string
  /** Permission bits: 0o755. */
  readonly mode: number
  readonly data?: Uint8Array
  readonly linkTarget?: string
}

const BLOCK = 512
const MAX_NAME = 100

/** The entries as a POSIX ustar archive, owned by root and without times, so that equal entries give equal bytes. */
export function tarArchive(entries: Iterable<TarEntry>): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    parts.push(header(entry))
    if (entry.data) parts.push(entry.data, Buffer.alloc(padding(entry.data.length)))
  }
  parts.push(Buffer.alloc(2 * BLOCK))
  return Buffer.concat(parts)
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

function header({ path, mode, data, linkTarget }: TarEntry): Buffer {
  if (Buffer.byteLength(path) > MAX_NAME) throw new Error(`the path is too long for this archive format: ${path}`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(path, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(data?.length ?? 0, 11), 124)
  block.write(octal(0, 11), 136)
  block.write(' '.repeat(8), 148) // the checksum counts itself as blanks
  block.write(typeFlag(path, linkTarget), 156)
  if (linkTarget !== undefined) block.write(linkTarget, 157)
  block.write('ustar\u000000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function typeFlag(path: string, linkTarget: string | undefined): string {
  if (linkTarget !== undefined) return '2'
  return path.endsWith('/') ? '5' : '0'
}
