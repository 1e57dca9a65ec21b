import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { VolumeAttachment } from '../../types/storage.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { checkDriverName } from './driver-name.ts'

/** storage.k8s.io/v1 VolumeAttachment. Upstream: pkg/apis/storage, pkg/registry/storage/volumeattachment. */
export const volumeAttachments = defineResource<VolumeAttachment>('storage.k8s.io/v1', 'volumeattachments', {
  ownable: { status: { except: ['spec', 'metadata'] } },
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: ({ spec, status }, { old, subresource }) =>
    collect((errors) => {
      if (subresource === 'status') return checkErrorCodes(status, errors)
      if (!semanticEqual(spec, old.spec)) errors.invalid('spec', spec, 'field is immutable')
    }),
  generation: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    { header: 'Attacher', format: 'name', cell: ({ spec }) => spec.attacher },
    { header: 'PV', cell: ({ spec }) => spec.source.persistentVolumeName ?? '' },
    { header: 'Node', cell: ({ spec }) => spec.nodeName },
    { header: 'Attached', type: 'boolean', cell: ({ status }) => status?.attached ?? false },
    ageColumn,
  ],
})

function checkSpec({ attacher, source, nodeName }: DeepReadonly<VolumeAttachment['spec']>, errors: FieldErrors): void {
  checkDriverName(attacher, 'spec.attacher', errors)
  const { inlineVolumeSpec: inline, persistentVolumeName: volume } = source
  if (!inline && volume === undefined)
    errors.required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
  if (inline && volume !== undefined) {
    errors.forbidden('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
  }
  if (volume === '') errors.required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')
  else if (volume !== undefined) checkDns1123Subdomain(volume, 'spec.source.persistentVolumeName', errors)
  checkDns1123Subdomain(nodeName, 'spec.nodeName', errors)
}

function checkErrorCodes(status: DeepReadonly<VolumeAttachment['status']>, errors: FieldErrors): void {
  for (const field of ['attachError', 'detachError'] as const) {
    const code = status[field]?.errorCode
    if (code !== undefined && code < 0) {
      errors.invalid(`status.${field}.errorCode`, code, 'must be greater than or equal to 0')
    }
  }
}
