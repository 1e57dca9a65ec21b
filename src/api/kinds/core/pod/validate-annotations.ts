import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { AppArmorProfile, SeccompProfile } from '../../../types/core.v1.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import type { StringMap } from '../../validation/labels.ts'
import { MAX_INT32 } from '../../validation/numbers.ts'
import { checkDescendingPath } from '../../validation/paths.ts'
import { type ReadonlySpec, visitContainers } from './visit-containers.ts'

/** A pod that the kubelet made to show one of its static pods. */
export const MIRROR_POD = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APPARMOR_CONTAINER = 'container.apparmor.security.beta.kubernetes.io/'
const LOCAL_PROFILE = 'localhost/'

/** Annotations that mean something in a pod. `at` is the path of the annotations. */
export function checkPodAnnotations(
  annotations: StringMap,
  spec: ReadonlySpec,
  at: FieldPath,
  errors: FieldErrors,
): void {
  for (const key in annotations) {
    const value = annotations[key] as string
    if (key === MIRROR_POD && !spec.nodeName) {
      errors.invalid(at.key(key), value, 'must set spec.nodeName if mirror pod annotation is set')
    } else if (key === DELETION_COST) checkDeletionCost(value, at.key(key), errors)
    else if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) checkSeccomp(value, at.child(key), errors)
    else if (key.startsWith(APPARMOR_CONTAINER)) checkAppArmor(key, value, spec, at.key(key), errors)
  }
}

function checkDeletionCost(value: string, at: FieldPath, errors: FieldErrors): void {
  const cost = Number(value)
  const valid = /^(0|-?[1-9]\d*)$/.test(value) && cost <= MAX_INT32 && cost >= -MAX_INT32 - 1
  if (!valid) errors.invalid(at, value, 'must be a 32bit integer')
}

function checkSeccomp(profile: string, at: FieldPath, errors: FieldErrors): void {
  if (profile.startsWith(LOCAL_PROFILE)) checkDescendingPath(profile.slice(LOCAL_PROFILE.length), at, errors)
  else if (!['runtime/default', 'docker/default', 'unconfined'].includes(profile)) {
    errors.invalid(at, profile, 'must be a valid seccomp profile')
  }
}

function checkAppArmor(key: string, profile: string, spec: ReadonlySpec, at: FieldPath, errors: FieldErrors): void {
  const name = key.slice(APPARMOR_CONTAINER.length)
  let found = false
  visitContainers(spec, at, (container) => {
    found ||= container.name === name
  })
  if (!found) errors.invalid(at, name, 'container not found')
  const known = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith(LOCAL_PROFILE)
  if (!known) errors.invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)
}

/** Annotations that the pod lives by may not come, go or change. */
export function checkAnnotationUpdate(
  annotations: StringMap,
  old: StringMap,
  at: FieldPath,
  errors: FieldErrors,
): void {
  for (const key in old) if (annotations?.[key] !== old[key]) refuse(key, 'remove or update', at, errors)
  for (const key in annotations) if (old?.[key] === undefined) refuse(key, 'add', at, errors)
}

function refuse(key: string, what: string, at: FieldPath, errors: FieldErrors): void {
  if (key.startsWith(APPARMOR_CONTAINER)) errors.forbidden(at.key(key), `may not ${what} AppArmor annotations`)
  if (key === MIRROR_POD) errors.forbidden(at.key(key), `may not ${what} mirror pod annotation`)
}

/** Where the field and the old annotation both name a profile, they name the same. `at` is the path of the spec. */
export function checkProfilesAgree(
  annotations: StringMap,
  spec: ReadonlySpec,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!annotations) return
  const ofPod = spec.securityContext
  const podAnnotation = annotations[SECCOMP_POD]
  if (podAnnotation !== undefined) {
    checkAgree(ofPod?.seccompProfile, podAnnotation, 'seccomp', at.child('securityContext.seccompProfile'), errors)
  }
  const isWindows = spec.os?.name === 'windows'
  visitContainers(spec, at, ({ name, securityContext }, path) => {
    const seccomp = annotations[SECCOMP_CONTAINER + name]
    if (seccomp !== undefined) {
      const field = path.child('securityContext.seccompProfile')
      checkAgree(securityContext?.seccompProfile, seccomp, 'seccomp', field, errors)
    }
    const appArmor = annotations[APPARMOR_CONTAINER + name]
    if (appArmor !== undefined && !isWindows) {
      const profile = securityContext?.appArmorProfile ?? ofPod?.appArmorProfile
      checkAgree(profile, appArmor, 'apparmor', path.child('securityContext.appArmorProfile'), errors)
    }
  })
}

const annotationValues: Readonly<Record<string, readonly string[]>> = {
  Unconfined: ['unconfined'],
  RuntimeDefault: ['runtime/default', 'docker/default'],
}

function checkAgree(
  profile: DeepReadonly<SeccompProfile | AppArmorProfile> | undefined,
  annotation: string,
  what: 'seccomp' | 'apparmor',
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!profile) return
  const mismatch = (field: string, noun: string) =>
    errors.forbidden(at.child(field), `${what} ${noun} in annotation and field must match`)
  if (profile.type === 'Localhost') {
    if (!annotation.startsWith(LOCAL_PROFILE)) mismatch('type', 'type')
    else if (annotation.slice(LOCAL_PROFILE.length) !== profile.localhostProfile)
      mismatch('localhostProfile', 'profile')
  } else if (annotationValues[profile.type]?.includes(annotation) === false) mismatch('type', 'type')
}
