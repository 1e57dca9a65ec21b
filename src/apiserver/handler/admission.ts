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
  const { storage, definition, face } = call.resource
  const { dryRun, fieldManager } = options
  const written = storage?.definition ?? definition
  return new Context(
    { user: call.user, definition: written, face, namespace, name, subresource, dryRun, fieldManager },
    call,
  )
}

/** One write as plugins see it. */
export function admissionRequest(
  context: WriteContext,
  operation: AdmissionOperation,
  subject: Subject,
): AdmissionRequest {
  return new WriteRequest(context, operation, subject)
}

interface Subject {
  readonly object?: ApiObject
  readonly old?: DeepReadonly<ApiObject>
  readonly options?: unknown
}

interface ObjectName {
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

type Source = Pick<WriteContext, 'signal' | 'warn'>
type Given = Omit<WriteContext, keyof Source | 'face' | 'fieldManager'> & {
  readonly face?: KindFace | undefined
  readonly fieldManager?: string | undefined
}

/** A class, because a signal is costly: it is made when somebody asks for it. */
class Context implements WriteContext {
  readonly user: UserInfo
  readonly definition: ResourceDefinition
  readonly face?: KindFace
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly dryRun: boolean
  readonly fieldManager?: string
  readonly #source: Source

  constructor(given: Given, source: Source) {
    this.user = given.user
    this.definition = given.definition
    if (given.face) this.face = given.face
    this.namespace = given.namespace
    this.name = given.name
    this.subresource = given.subresource
    this.dryRun = given.dryRun
    if (given.fieldManager !== undefined) this.fieldManager = given.fieldManager
    this.#source = source
  }

  get signal(): AbortSignal {
    return this.#source.signal
  }

  warn(text: string): void {
    this.#source.warn(text)
  }
}

class WriteRequest extends Context implements AdmissionRequest {
  readonly operation: AdmissionOperation
  readonly object: ApiObject | undefined
  readonly old: DeepReadonly<ApiObject> | undefined
  readonly options?: unknown

  constructor(context: WriteContext, operation: AdmissionOperation, { object, old, options }: Subject) {
    super(context, context)
    this.operation = operation
    this.object = object
    this.old = old
    this.options = options
  }
}
