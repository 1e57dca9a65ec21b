/** A file of a volume that is made from objects: its path in the volume, contents and mode. */
export interface PayloadFile {
  readonly path: string
  readonly data: Uint8Array
  readonly mode: number
  /** Who owns the file, when not root. */
  readonly uid?: number
}

export type Payload = readonly PayloadFile[]

interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number | undefined
}

/** Which keys of an object become which files. */
export interface KeySelection {
  readonly items?: readonly KeyToPath[] | undefined
  readonly defaultMode: number
  readonly optional?: boolean | undefined
  /** Said of a key that is not there: `references non-existent config key`. */
  readonly missingKey: string
}

/** All keys as files of their names, or the chosen ones at their paths. A missing key is an error unless optional. */
export function selectKeys(data: ReadonlyMap<string, Uint8Array>, selection: KeySelection): Payload {
  const { items, defaultMode, optional, missingKey } = selection
  if (!items?.length) return [...data].map(([path, bytes]) => ({ path, data: bytes, mode: defaultMode }))
  return items.flatMap(({ key, path, mode }) => {
    const bytes = data.get(key)
    if (bytes) return [{ path, data: bytes, mode: mode ?? defaultMode }]
    if (optional) return []
    throw new Error(`${missingKey}: ${key}`)
  })
}
