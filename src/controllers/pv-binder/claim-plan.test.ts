import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { AnyVolume, Claim } from './binding.ts'
import type { ClaimPlan, ClaimView } from './claim-plan.ts'
import { planClaim } from './claim-plan.ts'

const BOUND = { 'pv.kubernetes.io/bind-completed': 'yes' }

const claim = (spec: object = {}, annotations: Record<string, string> = {}): Claim => ({
  metadata: { name: 'c', namespace: 'ns', uid: 'u1', resourceVersion: '1', creationTimestamp: '', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  status: { phase: 'Pending' },
})

const volume = (name: string, spec: object = {}, metadata: object = {}): AnyVolume =>
  ({
    metadata: { name, uid: name, ...metadata },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase: 'Available' },
  }) as unknown as AnyVolume

const storageClass = (name: string, more: object = {}, metadata: object = {}): StorageClass =>
  ({ metadata: { name, ...metadata }, provisioner: 'example.com/disk', ...more }) as StorageClass

const DEFAULT = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }
const WAITING = { volumeBindingMode: 'WaitForFirstConsumer' }

const view = (more: Partial<ClaimView> = {}): ClaimView => ({
  volumes: [],
  named: undefined,
  classes: [],
  unscheduledPods: [],
  ...more,
})

/** A plan in a line: what is done, to or with what, and what is said. */
function told(plan: ClaimPlan): string {
  const subject =
    plan.action === 'bind'
      ? plan.volume.metadata.name
      : plan.action === 'assign-class'
        ? plan.storageClass
        : plan.action === 'order'
          ? plan.provisioner
          : ''
  const notice = 'notice' in plan && plan.notice ? `${plan.notice.reason}: ${plan.notice.message}` : ''
  return [plan.action, subject, notice].filter(Boolean).join(' | ')
}

const other = { claimRef: { name: 'other', namespace: 'ns', uid: 'u2' } }
const cases: readonly { title: string; claim: Claim; view: Partial<ClaimView>; want: string }[] = [
  {
    title: 'nothing fits, no class',
    claim: claim({ storageClassName: '' }),
    view: {},
    want: 'wait | FailedBinding: no persistent volumes available for this claim and no storage class is set',
  },
  {
    title: 'nothing fits, a class that is missing',
    claim: claim({ storageClassName: 'x' }),
    view: {},
    want: 'wait | ProvisioningFailed: storageclass.storage.k8s.io "x" not found',
  },
  {
    title: 'nothing fits, volumes of the class are made by hand',
    claim: claim({ storageClassName: 'x' }),
    view: { classes: [storageClass('x', { provisioner: 'kubernetes.io/no-provisioner' })] },
    want: 'wait | ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
  },
  {
    title: 'no class was named and there is a default: of two the newer',
    claim: claim(),
    view: {
      classes: [
        storageClass('old', {}, { ...DEFAULT, creationTimestamp: '2026-01-01T00:00:00Z' }),
        storageClass('new', {}, { ...DEFAULT, creationTimestamp: '2026-02-01T00:00:00Z' }),
      ],
    },
    want: 'assign-class | new',
  },
  {
    title: 'the class waits, no pod',
    claim: claim({ storageClassName: 'w' }),
    view: { classes: [storageClass('w', WAITING)], volumes: [volume('v', { storageClassName: 'w' })] },
    want: 'wait | WaitForFirstConsumer: waiting for first consumer to be created before binding',
  },
  {
    title: 'the class waits for a pod',
    claim: claim({ storageClassName: 'w' }),
    view: { classes: [storageClass('w', WAITING)], unscheduledPods: ['a'] },
    want: 'wait | WaitForPodScheduled: waiting for pod a to be scheduled',
  },
  {
    title: 'the class waits for pods',
    claim: claim({ storageClassName: 'w' }),
    view: { classes: [storageClass('w', WAITING)], unscheduledPods: ['a', 'b'] },
    want: 'wait | WaitForPodScheduled: waiting for pods a,b to be scheduled',
  },
  {
    title: 'the class waits, the scheduler reserved a volume',
    claim: claim({ storageClassName: 'w' }),
    view: {
      classes: [storageClass('w', WAITING)],
      volumes: [volume('v', { storageClassName: 'w', claimRef: { name: 'c', namespace: 'ns', uid: 'u1' } })],
    },
    want: 'bind | v',
  },
  {
    title: 'asks for a volume that is not there',
    claim: claim({ volumeName: 'v' }),
    view: {},
    want: 'wait',
  },
  {
    title: 'asks for a volume that is free',
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v') },
    want: 'bind | v',
  },
  {
    title: 'asks for a volume that is too small',
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v', { capacity: { storage: '1M' } }) },
    want: 'wait | VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
  },
  {
    title: 'asks for a volume of another class',
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v', { storageClassName: 'x' }) },
    want: 'wait | VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
  },
  {
    title: 'asks for a volume that goes',
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    want: 'wait | VolumeMismatch: Cannot bind to requested volume "v": the volume is marked for deletion "v"',
  },
  {
    title: 'asks for a volume that is reserved for it',
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v', { capacity: { storage: '1M' }, claimRef: { name: 'c', namespace: 'ns' } }) },
    want: 'bind | v',
  },
  {
    title: "asks for another's volume",
    claim: claim({ volumeName: 'v' }),
    view: { named: volume('v', other) },
    want: 'wait | FailedBinding: volume "v" already bound to a different claim.',
  },
  {
    title: 'was bound, names none any more',
    claim: claim({}, BOUND),
    view: {},
    want: 'lose | ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
  },
  {
    title: 'was bound, the volume is gone',
    claim: claim({ volumeName: 'v' }, BOUND),
    view: {},
    want: 'lose | ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  },
  {
    title: 'was bound, the volume forgot it',
    claim: claim({ volumeName: 'v' }, BOUND),
    view: { named: volume('v') },
    want: 'bind | v',
  },
  {
    title: "was bound, the volume is another's",
    claim: claim({ volumeName: 'v' }, BOUND),
    view: { named: volume('v', other) },
    want: 'lose | ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
  },
]
for (const { title, claim, view: more, want } of cases) {
  test(`a claim: ${title}`, () => assert.equal(told(planClaim(claim, view(more))), want))
}

test('a claim whose volume others make says who, and waits', () => {
  const annotations = { 'volume.kubernetes.io/selected-node': 'n' }
  const plan = planClaim(
    claim({ storageClassName: 'w' }, annotations),
    view({ classes: [storageClass('w', WAITING)], unscheduledPods: ['a'] }),
  )
  assert.equal(
    told(plan),
    'order | example.com/disk | ExternalProvisioning: Waiting for a volume to be created either by the external ' +
      "provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please " +
      'verify that the provisioner is running and correctly registered.',
  )
})
