import type { At, FieldErrors } from './field-errors.ts'

const hasBackstep = (path: string): boolean => path.includes('..') && path.split('/').includes('..')

/** No element of the path is `..`. */
export function checkNoBacksteps(path: string, at: At, errors: FieldErrors): void {
  if (hasBackstep(path)) errors.invalid(at, path, "must not contain '..'")
}

export const isBackstepping = hasBackstep

/** Relative, and never above where it starts. */
export function checkDescendingPath(path: string, at: At, errors: FieldErrors): void {
  if (path.startsWith('/')) errors.invalid(at, path, 'must be a relative path')
  checkNoBacksteps(path, at, errors)
}

/** As `checkDescendingPath`, and not a name that the volume writer keeps for itself (`..data`). */
export function checkProjectedPath(path: string, at: At, errors: FieldErrors): void {
  checkDescendingPath(path, at, errors)
  if (path.startsWith('..') && !path.startsWith('../')) errors.invalid(at, path, "must not start with '..'")
}
