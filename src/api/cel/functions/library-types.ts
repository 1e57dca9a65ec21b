import { CelType, structOf } from '../type.ts'

/** The types of Kubernetes' function libraries. */
export const LibraryTypes = {
  Url: structOf('kubernetes.URL'),
  Quantity: structOf('kubernetes.Quantity'),
  Format: structOf('kubernetes.NamedFormat'),
  Semver: structOf('kubernetes.Semver'),
  Ip: new CelType('opaque', 'net.IP'),
  Cidr: new CelType('opaque', 'net.CIDR'),
} as const
