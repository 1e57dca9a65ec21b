import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { AdmissionOperation, AdmissionRequest } from '../admission/plugin.ts'
import type { KindFace } from '../registry/kind-face.ts'
import type { UserInfo, WriteContext } from '../request.ts'
import type { ApiCall } from './call.ts'

/** Who may change and refuse writes: first all changes, then all checks; a throw refuses (admission/index.ts). */
export interface AdmissionChain {
  mutate(request: AdmissionRequest): void | Promise<void>
  validate(request: AdmissionRequest): void | Promise<void>
}

/** What plugins hear of a call, before it is known what is written; of another object than the call names, where that is said. */
export function writeContext(
  call: ApiCall,
  options: { dryRun: boolean; fieldManager?: string },
  { namespace = call.namespace, name = call.name, subresource = call.subresource }: Partial<ObjectName> = {},
): WriteContext {
  return new CallContext(call, options, { namespace, name, subresource })
}

/** One write as plugins see it. */
export function admissionRequest(
  context: WriteContext,
  operation: AdmissionOperation,
  subject: { object?: ApiObject; old?: DeepReadonly<ApiObject>; options?: unknown },
): AdmissionRequest {
  return new WriteRequest(context, operation, subject)
}

interface ObjectName {
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

/** A class, because a signal is costly: it is made when somebody asks for it. */
class CallContext implements WriteContext {
  readonly user: UserInfo
  readonly definition: ResourceDefinition
  readonly face?: KindFace
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly dryRun: boolean
  readonly fieldManager?: string
  readonly #call: ApiCall

  constructor(call: ApiCall, options: { dryRun: boolean; fieldManager?: string }, named: ObjectName) {
    const { storage, definition, face } = call.resource
    this.user = call.user
    this.definition = storage?.definition ?? definition
    if (face) this.face = face
    this.namespace = named.namespace
    this.name = named.name
    this.subresource = named.subresource
    this.dryRun = options.dryRun
    if (options.fieldManager !== undefined) this.fieldManager = options.fieldManager
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }

  warn(text: string): void {
    this.#call.warn(text)
  }
}

class WriteRequest implements AdmissionRequest {
  readonly user: UserInfo
  readonly definition: ResourceDefinition
  readonly face?: KindFace
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly dryRun: boolean
  readonly fieldManager?: string
  readonly operation: AdmissionOperation
  readonly object: ApiObject | undefined
  readonly old: DeepReadonly<ApiObject> | undefined
  readonly options?: unknown
  readonly #context: WriteContext

  constructor(
    context: WriteContext,
    operation: AdmissionOperation,
    { object, old, options }: { object?: ApiObject; old?: DeepReadonly<ApiObject>; options?: unknown },
  ) {
    this.user = context.user
    this.definition = context.definition
    if (context.face) this.face = context.face
    this.namespace = context.namespace
    this.name = context.name
    this.subresource = context.subresource
    this.dryRun = context.dryRun
    if (context.fieldManager !== undefined) this.fieldManager = context.fieldManager
    this.operation = operation
    this.object = object
    this.old = old
    this.options = options
    this.#context = context
  }

  get signal(): AbortSignal {
    return this.#context.signal
  }

  warn(text: string): void {
    this.#context.warn(text)
  }
}
