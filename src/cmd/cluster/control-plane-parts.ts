import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { EventWriter } from '../../client/events.ts'
import { createInformers } from '../../client/informers.ts'
import type { ControllerOptions } from '../../controllers/index.ts'
import { controllerComponents } from '../../controllers/index.ts'
import { LOCAL_PROVISIONER_USER } from '../../controllers/local-provisioner/local-provisioner.ts'
import { defaultPlugins } from '../../scheduler/plugins/index.ts'
import { Scheduler } from '../../scheduler/scheduler.ts'

export interface PartDeps {
  /** A client that acts as this user. */
  readonly clientFor: (user: UserInfo) => Client
  readonly clock: Clock
  readonly log: Logger
}

/** All controllers, each as a user of its own, with the informers that they share. */
export function controllerManagerParts(options: ControllerOptions, { clientFor, clock, log }: PartDeps): Component[] {
  const { controllerManager, localProvisioner, controller } = componentUsers
  const informers = createInformers(clientFor(controllerManager), { clock, log })
  const byName = (user: string): Client =>
    clientFor(user === LOCAL_PROVISIONER_USER ? localProvisioner : controller(user))
  return [...controllerComponents(options, { informers, clientFor: byName, clock, log }), informers]
}

export function schedulerParts({ clientFor, clock, log }: PartDeps): Component[] {
  const client = clientFor(componentUsers.scheduler)
  const informers = createInformers(client, { clock, log })
  const events = new EventWriter({ client, component: 'default-scheduler', clock, log })
  const { pods, nodes, persistentVolumeClaims: claims, persistentVolumes: volumes, storageClasses: classes } = informers
  const plugins = defaultPlugins({ client, claims, volumes: volumes.lister, classes: classes.lister })
  const scheduler = new Scheduler({ client, pods, nodes, claims, volumes, classes, plugins, events, clock, log })
  return [scheduler, informers, events]
}
