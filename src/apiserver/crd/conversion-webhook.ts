import { randomUUID } from 'node:crypto'
import type { ApiObject } from '../../api/resource.ts'
import { Reason, StatusError } from '../../api/status-error.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ServiceResolver } from '../webhooks/service-resolver.ts'
import { WebhookClient } from '../webhooks/webhook-client.ts'
import {
  BadConversion,
  checkedConversion,
  conversionReview,
  convertedObjects,
  gvkText,
  type ReviewRequest,
} from './conversion-review.ts'
import type { RemoteConversion } from './custom-form.ts'

/** Upstream's timeout, which configurations cannot change. */
const TIMEOUT_MS = 30_000

type Objects = readonly DeepReadonly<ApiObject>[]

/** Converts custom resources by asking the webhook of their definition. Upstream: conversion.webhookConverter. */
export class ConversionWebhook implements RemoteConversion {
  readonly #client: WebhookClient
  readonly #versions: readonly string[]

  /** `definition` has a conversion of strategy Webhook. */
  constructor({ spec }: DeepReadonly<CustomResourceDefinition>, resolve: ServiceResolver) {
    const { clientConfig = {}, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {}
    this.#client = new WebhookClient(clientConfig, resolve)
    this.#versions = conversionReviewVersions
  }

  async convert(objects: Objects, apiVersion: string): Promise<ApiObject[]> {
    try {
      const review = conversionReview({ uid: randomUUID(), desiredAPIVersion: apiVersion, objects }, this.#versions)
      return await this.#ask(review)
    } catch (error) {
      const message = error instanceof BadConversion || error instanceof WrongNumber ? error.message : undefined
      throw failure(
        message ?? `conversion webhook for ${subject(objects, apiVersion)} failed: ${(error as Error).message}`,
        error,
      )
    }
  }

  async #ask(review: ReturnType<typeof conversionReview>): Promise<ApiObject[]> {
    const { objects, desiredAPIVersion } = review.request
    const converted = convertedObjects(await this.#client.post(review, TIMEOUT_MS), review)
    if (converted.length !== objects.length) {
      const counts = `${converted.length} objects, expected ${objects.length}`
      throw new WrongNumber(`conversion webhook for ${subject(objects, desiredAPIVersion)} returned ${counts}`)
    }
    return objects.map((original, index) => {
      try {
        return checkedConversion(original, converted[index], desiredAPIVersion)
      } catch (error) {
        if (error instanceof BadConversion) throw located(error, review.request, index)
        throw error
      }
    })
  }
}

class WrongNumber extends Error {}

/** Upstream words it another way for one object than for one of many. */
function located({ part, message }: BadConversion, request: ReviewRequest, index: number): BadConversion {
  const { objects, desiredAPIVersion } = request
  const isAlone = objects.length === 1
  const isOfVersion = message.startsWith('invalid ')
  const what = {
    object: isAlone ? (isOfVersion ? 'object at index 0' : 'object') : `converted object at index ${index}`,
    metadata: isAlone ? 'metadata' : `metadata in object at index ${index}`,
  }[part]
  const of = subject(objects, desiredAPIVersion)
  return new BadConversion(part, `conversion webhook for ${of} returned invalid ${what}: ${message}`)
}

/** What is converted, as upstream names it: an object by its own version, a list by the version that it is to become. */
function subject(objects: Objects, apiVersion: string): string {
  const [first] = objects
  return objects.length === 1 ? gvkText(first?.apiVersion, first?.kind) : gvkText(apiVersion, `${first?.kind}List`)
}

const failure = (message: string, cause: unknown): StatusError =>
  new StatusError({ code: 500, reason: Reason.Unknown, message, cause })
