/** What a client asked. Values are unique, so that each tells which write it is from. */
export type Operation =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly expected: number }
  | { readonly type: 'delete'; readonly key: string; readonly expected: number }
  | { readonly type: 'list'; readonly prefix: string }
  | { readonly type: 'compact'; readonly revision: number }

export interface FoundEntry {
  readonly key: string
  readonly value: string
  readonly revision: number
}

/** What it was told. */
export type Outcome =
  | { readonly type: 'got'; readonly entry?: FoundEntry; readonly revision: number }
  | { readonly type: 'listed'; readonly entries: readonly FoundEntry[]; readonly revision: number }
  | { readonly type: 'written'; readonly revision: number }
  | { readonly type: 'mismatch'; readonly actual: number }
  /** It was not carried out and never will be. */
  | { readonly type: 'refused'; readonly why: string }
  /** It was carried out, or will be, or never. */
  | { readonly type: 'unknown'; readonly why: string }
  | { readonly type: 'done' }

/** One operation. Times are places in the order of everything that clients saw. */
export interface Call {
  readonly operation: Operation
  readonly invoked: number
  readonly returned: number
  readonly outcome: Outcome
}

export interface ToldEvent {
  readonly type: 'put' | 'delete'
  readonly key: string
  readonly value: string
  readonly revision: number
  readonly isCreation: boolean
}

/** What one watcher was told, in order. */
export interface Watched {
  readonly prefix: string
  readonly after: number
  readonly events: readonly ToldEvent[]
  /** Everything up to here was told. */
  readonly progress: number
}

/** The store's files as a power cut would have left them, opened by another store. */
export interface Surviving {
  /** The newest revision that anybody had been told when the power was cut. */
  readonly acknowledged: number
  readonly revision: number
  readonly entries: readonly FoundEntry[]
}

/** All that happened in a run. */
export interface History {
  /** The store's revision when the run began: nothing was below its root. */
  readonly base: number
  readonly calls: readonly Call[]
  /** What the watcher of everything was told that went on where it was after each crash. */
  readonly log: readonly ToldEvent[]
  readonly watchers: readonly Watched[]
  readonly survivors: readonly Surviving[]
  /** What is there in the end, and the revision at which it was read; the log goes beyond that. */
  readonly final: { readonly entries: readonly FoundEntry[]; readonly revision: number }
  /** Whether the store belongs to this run alone: then its revisions have no gaps. */
  readonly isAlone: boolean
}
