/** Messages of the etcd v3 API as the client gets and sends them (etcd.proto): absent fields are zero. */

export interface ResponseHeader {
  readonly revision?: number
}

export interface KeyValue {
  readonly key: Buffer
  readonly createRevision?: number
  readonly modRevision?: number
  readonly version?: number
  readonly value?: Buffer
  readonly lease?: number
}

export interface RangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd?: Uint8Array
  readonly limit?: number
  readonly revision?: number
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
}

export interface RangeResponse {
  readonly header?: ResponseHeader
  readonly kvs?: readonly KeyValue[]
  readonly more?: boolean
  /** Of the whole range, whatever the limit. */
  readonly count?: number
}

export interface RequestOp {
  readonly requestRange?: RangeRequest
  readonly requestPut?: { readonly key: Uint8Array; readonly value: Uint8Array; readonly lease?: number }
  readonly requestDeleteRange?: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array }
}

export interface Compare {
  readonly result: 'EQUAL'
  readonly target: 'VERSION' | 'MOD'
  readonly key: Uint8Array
  readonly version?: number
  readonly modRevision?: number
}

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export interface TxnResponse {
  readonly header?: ResponseHeader
  readonly succeeded?: boolean
  readonly responses?: readonly { readonly responseRange?: RangeResponse }[]
}

export interface WatchRequest {
  readonly createRequest?: {
    readonly key: Uint8Array
    readonly rangeEnd: Uint8Array
    readonly startRevision: number
    readonly progressNotify: boolean
    readonly prevKv: boolean
    readonly fragment: boolean
  }
  readonly progressRequest?: object
}

export interface WatchEvent {
  readonly type?: 'PUT' | 'DELETE'
  readonly kv: KeyValue
}

export interface WatchResponse {
  readonly header?: ResponseHeader
  readonly created?: boolean
  readonly canceled?: boolean
  readonly compactRevision?: number
  readonly cancelReason?: string
  /** More of the same response follows. */
  readonly fragment?: boolean
  readonly events?: readonly WatchEvent[]
}

export interface StatusResponse {
  readonly header?: ResponseHeader
  readonly version?: string
  readonly dbSize?: number
  readonly errors?: readonly string[]
}

/** The unary calls, with what they take and give. */
export interface EtcdCalls {
  Range: { request: RangeRequest; response: RangeResponse }
  Txn: { request: TxnRequest; response: TxnResponse }
  Compact: { request: { readonly revision: number; readonly physical?: boolean }; response: object }
  LeaseGrant: { request: { readonly TTL: number; readonly ID: number }; response: { readonly TTL?: number } }
  LeaseTimeToLive: { request: { readonly ID: number }; response: { readonly TTL?: number } }
  Status: { request: object; response: StatusResponse }
}
