import type { Component } from '../base/component.ts'
import type { Controller } from './controller.ts'
import type { ControllerLoopDeps } from './controller-loop.ts'
import { ControllerLoop } from './controller-loop.ts'

/** Every controller, in no particular order: one line adds one. */
export const controllers: readonly Controller[] = []

/** The controllers as components; the caller runs them and the shared informers side by side. */
export function controllerComponents(deps: ControllerLoopDeps): readonly Component[] {
  return controllers.map((controller) => new ControllerLoop(controller, deps))
}
