import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { WriteContext } from '../request.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write as admission plugins see it. */
export interface AdmissionRequest<T extends ApiObject = ApiObject> extends WriteContext {
  readonly operation: AdmissionOperation
  /** What will be stored; `mutate` may change it. Undefined on DELETE. CONNECT and create-subresources: their options or body. */
  readonly object: T | undefined
  /** What is stored now, on UPDATE and DELETE. */
  readonly old: DeepReadonly<T> | undefined
  /** DeleteOptions, CreateOptions… as the client sent them. */
  readonly options?: unknown
}

/**
 * Looks at writes after defaulting and before storage. Refuses by throwing a StatusError (usually `forbidden`).
 * Plugins are plain objects; their order is the one array in admission/index.ts.
 */
export interface AdmissionPlugin {
  readonly name: string
  /** Whether the plugin wants this request at all; cheap. */
  handles(request: AdmissionRequest): boolean
  mutate?(request: AdmissionRequest): void | Promise<void>
  validate?(request: AdmissionRequest): void | Promise<void>
}
