import { defineResource } from '../../../resource.ts'
import type { Pod } from '../../../types/core.v1.ts'
import { podColumns } from './columns.ts'
import { defaultPod } from './defaults.ts'
import { podGracePeriod, preparePod, preparePodUpdate } from './strategy.ts'
import { validatePod } from './validate.ts'
import { validatePodUpdate } from './validate-update.ts'
import { podWarnings } from './warnings.ts'

/** What of a container may be changed in place. */
const RESIZED = ['resources', 'resizePolicy']

export const pods = defineResource<Pod>('v1', 'pods', {
  ownable: {
    status: { except: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'] },
    ephemeralcontainers: { only: ['spec.ephemeralContainers'] },
    resize: {
      only: ['containers', 'initContainers'].flatMap((list) => RESIZED.map((field) => `spec.${list}.*.${field}`)),
    },
  },
  default: defaultPod,
  prepareCreate: preparePod,
  prepareUpdate: preparePodUpdate,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings: podWarnings,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.host': ({ spec }) => spec.nodeName ?? '', // its name of old
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status.phase ?? '',
    'status.podIP': ({ status }) => status.podIPs?.[0]?.ip ?? '',
    'status.podIPs': ({ status }) => status.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': ({ status }) => status.nominatedNodeName ?? '',
  },
  columns: podColumns,
  gracePeriodSeconds: podGracePeriod,
})
