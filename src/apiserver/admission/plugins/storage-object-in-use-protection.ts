import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
}

/** Claims and volumes are deleted only when nothing uses them: a controller takes the finalizer off then. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (request) =>
    request.operation === 'CREATE' &&
    request.definition.plural in FINALIZERS &&
    isAbout(request, '', request.definition.plural),
  mutate({ object, definition }) {
    const finalizer = FINALIZERS[definition.plural] as string
    const finalizers = object?.metadata.finalizers ?? []
    if (object && !finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
  },
}
