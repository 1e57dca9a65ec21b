import type { Secret } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { RuntimeError } from '../cri/container-runtime.ts'
import type { AuthConfig, Image, PodSandboxConfig } from '../cri/messages.ts'
import { BackOff, goDurationMs } from '../pods/back-off.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'
import type { PodEvents } from '../pods/pod-events.ts'
import { withDefaultTag } from './image-reference.ts'
import { credentialsFor, keyringOf } from './keyring.ts'
import { Slots } from './slots.ts'

export type WaitingReason =
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'ImageInspectError'

/** The image is there, or why its container has to wait; `retryAt` (ms since the epoch) says when to look again. */
export type ImageOutcome =
  | { readonly ok: true; readonly image: Image; readonly imageRef: string }
  | { readonly ok: false; readonly reason: WaitingReason; readonly message: string; readonly retryAt?: number }

export interface ImagePullerDeps {
  readonly runtime: ContainerRuntime
  readonly events: PodEvents
  readonly clock: Clock
  /** The pod's image pull secret, or undefined when it is not there. */
  pullSecret(namespace: string, name: string, signal: AbortSignal): Promise<DeepReadonly<Secret> | undefined>
  /** Pulls at the same time; upstream's default is one (serializeImagePulls). */
  readonly parallelPulls?: number
}

interface Subject {
  readonly pod: PodView
  readonly container: ContainerSpec
  readonly image: string
}

/** Makes sure that a container's image is on the node, by its pull policy; reports it by events as upstream does. */
export class ImagePuller {
  readonly #deps: ImagePullerDeps
  readonly #slots: Slots
  readonly #backOff: BackOff
  readonly #lastErrors = new Map<string, string>() // by back-off key: shown while waiting

  constructor(deps: ImagePullerDeps) {
    this.#deps = deps
    this.#slots = new Slots(deps.parallelPulls ?? 1)
    this.#backOff = new BackOff(deps.clock)
  }

  async ensure(
    pod: PodView,
    container: ContainerSpec,
    sandbox: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<ImageOutcome> {
    const named = this.#named(pod, container)
    if (!named.ok) return named
    const subject = { pod, container, image: named.image }
    const found = await this.#inspect(subject, signal)
    if (!found.ok) return found
    const policy = container.imagePullPolicy ?? 'IfNotPresent'
    if (policy === 'Never' && !found.image) return this.#neverPull(subject)
    if (found.image && policy !== 'Always') return this.#present(subject, found.image)
    return this.#pull(subject, sandbox, signal)
  }

  /** Drops what is remembered of a pod that is gone. */
  forget(podUid: string): void {
    this.#backOff.forget(`${podUid}_`)
    for (const key of this.#lastErrors.keys()) if (key.startsWith(`${podUid}_`)) this.#lastErrors.delete(key)
  }

  #named(pod: PodView, container: ContainerSpec): { ok: true; image: string } | (ImageOutcome & { ok: false }) {
    const { image = '' } = container
    try {
      return { ok: true, image: withDefaultTag(image) }
    } catch (error) {
      const message = `Failed to apply default image tag "${image}": ${(error as Error).message}`
      this.#deps.events.container(pod, container).warning('InspectFailed', message)
      return { ok: false, reason: 'InvalidImageName', message }
    }
  }

  async #inspect(
    { pod, container, image }: Subject,
    signal: AbortSignal,
  ): Promise<{ ok: true; image: Image | undefined } | (ImageOutcome & { ok: false })> {
    try {
      return { ok: true, image: await this.#deps.runtime.imageStatus({ image }, signal) }
    } catch (error) {
      if (signal.aborted) throw error
      const message = `Failed to inspect image "${image}": ${(error as Error).message}`
      this.#deps.events.container(pod, container).warning('InspectFailed', message)
      return { ok: false, reason: 'ImageInspectError', message }
    }
  }

  #present({ pod, container }: Subject, image: Image): ImageOutcome {
    const message = `Container image "${container.image}" already present on machine and can be accessed by the pod`
    this.#deps.events.container(pod, container).normal('Pulled', message)
    return { ok: true, image, imageRef: image.id }
  }

  #neverPull({ pod, container }: Subject): ImageOutcome {
    const message = `Container image "${container.image}" is not present with pull policy of Never`
    this.#deps.events.container(pod, container).warning('ErrImageNeverPull', message)
    return { ok: false, reason: 'ErrImageNeverPull', message }
  }

  async #pull(subject: Subject, sandbox: PodSandboxConfig, signal: AbortSignal): Promise<ImageOutcome> {
    const { pod, container, image } = subject
    const key = `${pod.metadata.uid}_${image}`
    const events = this.#deps.events.container(pod, container)
    const retryAt = this.#backOff.waitUntilSinceUpdate(key)
    if (retryAt !== undefined) {
      const waiting = `Back-off pulling image "${container.image}"`
      events.normal('BackOff', waiting)
      const message = `${waiting}: ErrImagePull: ${this.#lastErrors.get(key) ?? ''}`
      return { ok: false, reason: 'ImagePullBackOff', message, retryAt }
    }
    events.normal('Pulling', `Pulling image "${container.image}"`)
    try {
      return await this.#pullNow(subject, sandbox, signal)
    } catch (error) {
      if (signal.aborted) throw error
      const message = pullErrorText(error)
      events.warning('Failed', `Failed to pull image "${container.image}": ${message}`)
      this.#backOff.next(key, this.#deps.clock.now())
      this.#lastErrors.set(key, message)
      return {
        ok: false,
        reason: 'ErrImagePull',
        message,
        retryAt: this.#deps.clock.now() + this.#backOff.delayMs(key),
      }
    }
  }

  async #pullNow(
    { pod, container, image }: Subject,
    sandbox: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<ImageOutcome> {
    const { clock, runtime, events } = this.#deps
    const credentials = await this.#credentials(pod, image, signal)
    const asked = clock.monotonic()
    const { imageRef, pullMs } = await this.#slots.use(async () => {
      const started = clock.monotonic()
      const imageRef = await this.#tryEach(image, credentials, sandbox, signal)
      return { imageRef, pullMs: clock.monotonic() - started }
    })
    const pulled =
      (await runtime.imageStatus({ image }, signal)) ?? (await runtime.imageStatus({ image: imageRef }, signal))
    if (!pulled) throw new Error(`image "${image}" is not there after it was pulled`)
    const waited = `(${goDurationMs(clock.monotonic() - asked)} including waiting)`
    const message = `Successfully pulled image "${container.image}" in ${goDurationMs(pullMs)} ${waited}. Image size: ${pulled.size} bytes.`
    events.container(pod, container).normal('Pulled', message)
    return { ok: true, image: pulled, imageRef }
  }

  /** Without credentials when there are none; every different failure is told. */
  async #tryEach(
    image: string,
    credentials: readonly AuthConfig[],
    sandbox: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<string> {
    const failures = new Map<string, unknown>() // by text
    for (const auth of credentials.length > 0 ? credentials : [undefined]) {
      try {
        return await this.#deps.runtime.pullImage({ image }, auth, sandbox, signal)
      } catch (error) {
        if (signal.aborted) throw error
        failures.set(pullErrorText(error), error)
      }
    }
    if (failures.size === 1) throw failures.values().next().value
    throw new Error(`[${[...failures.keys()].join(', ')}]`)
  }

  async #credentials(pod: PodView, image: string, signal: AbortSignal): Promise<AuthConfig[]> {
    const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? [])
    const { pullSecret, events } = this.#deps
    const secrets = await Promise.all(names.map((name) => pullSecret(pod.metadata.namespace, name, signal)))
    const missing = names.filter((_, place) => !secrets[place])
    if (missing.length > 0) {
      const text = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`
      events.pod(pod).warning('FailedToRetrieveImagePullSecret', text)
    }
    return credentialsFor(image, keyringOf(secrets.filter((secret) => secret !== undefined)))
  }
}

const UNKNOWN = 2

/** The code is left out where it says nothing. */
function pullErrorText(error: unknown): string {
  if (error instanceof RuntimeError && error.code === UNKNOWN) return error.detail
  return error instanceof Error ? error.message : String(error)
}
