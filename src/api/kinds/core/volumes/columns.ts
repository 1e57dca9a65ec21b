const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,RWX`: in a fixed order, each once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** The class of a volume or claim; the annotation is older than the field, and goes first. */
export function storageClassOf(
  annotations: Readonly<Record<string, string>> | undefined,
  className: string | undefined,
): string {
  return annotations?.[BETA_CLASS] ?? className ?? ''
}
