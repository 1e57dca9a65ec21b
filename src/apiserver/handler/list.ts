import { badRequest, Reason, StatusError } from '../../api/status-error.ts'
import type { ListMeta } from '../../api/types/meta.v1.ts'
import { CompactedError, FutureRevisionError } from '../../store/store.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { CachedObject, CacheSnapshot } from '../watch-cache/watch-cache.ts'
import { yieldEvery } from '../yielding.ts'
import type { ApiCall, ListResult } from './call.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'
import { type ListOptions, listOptions } from './list-options.ts'
import { ObjectFilter } from './object-filter.ts'
import { parseListResourceVersion, tooLargeResourceVersion } from './resource-version.ts'
import { storageOf } from './storage-of.ts'
import { waitForRevision } from './wait-for-revision.ts'

interface Listing {
  readonly call: ApiCall
  readonly storage: ResourceStorage
  /** The key prefix of the collection: the resource's, or one namespace's. */
  readonly prefix: string
  readonly filter: ObjectFilter
  readonly options: ListOptions
}

interface Page {
  readonly items: readonly CachedObject[]
  readonly revision: number
  /** The key to go on from, when there is more. */
  readonly next?: string
  /** Objects after the page; unknown with selectors. */
  readonly remaining?: number
}

/** LIST, by the resourceVersion semantics of the API concepts ("Resource versions", "Retrieving large results sets"). */
export async function list(call: ApiCall): Promise<ListResult> {
  const listing = await prepare(call)
  const page = await pageOf(listing)
  await call.resource.prepare(page.items)
  return { kind: 'list', items: call.resource.views(page.items), metadata: listMeta(page) }
}

async function prepare(call: ApiCall): Promise<Listing> {
  const storage = storageOf(call)
  const options = listOptions(call.query, false)
  const filter = ObjectFilter.of(call.resource, call.query)
  await storage.cache.ready(call.signal)
  return { call, storage, options, filter, prefix: collectionPrefix(storage, call.namespace) }
}

const collectionPrefix = (storage: ResourceStorage, namespace: string): string =>
  namespace === '' ? storage.prefix : `${storage.prefix}${namespace}/`

function pageOf(listing: Listing): Promise<Page> {
  const { options } = listing
  if (options.continue !== '') return continued(listing)
  const revision = parseListResourceVersion(options.resourceVersion)
  const exact = options.resourceVersionMatch === 'Exact'
  const legacyExact = options.resourceVersionMatch === '' && options.limit > 0 && revision !== undefined && revision > 0
  if (revision !== undefined && (exact || legacyExact)) return asOf(listing, revision, undefined)
  return notOlderThan(listing, revision)
}

async function notOlderThan(listing: Listing, revision: number | undefined): Promise<Page> {
  const { storage, options, call } = listing
  if (revision === undefined) await storage.freshen(call.signal)
  else if (revision > storage.cache.revision()) {
    await waitForRevision(storage, revision, call.signal, options.resourceVersion)
  }
  return fromCache(listing, revision === 0 ? 0 : options.limit)
}

/** `limit` 0: all. */
async function fromCache(listing: Listing, limit: number): Promise<Page> {
  const { storage, call, filter } = listing
  const found = indexed(listing)
  if (found) {
    const revision = storage.cache.revision()
    const { items, isExact } = found
    await call.resource.prepare(items)
    const matching = isExact ? items : items.filter((item) => filter.matches(item))
    return firstOf(matching, { limit, revision, prefix: listing.prefix })
  }
  const snapshot = storage.cache.snapshot(call.namespace === '' ? {} : { namespace: call.namespace })
  return fromSnapshot(listing, snapshot, limit)
}

/** A page of objects that an index gave, in the order of their keys; how many remain, selectors leave open. */
function firstOf(
  matching: readonly CachedObject[],
  { limit, revision, prefix }: { limit: number; revision: number; prefix: string },
): Page {
  if (limit <= 0 || matching.length <= limit) return { items: matching, revision }
  const items = matching.slice(0, limit)
  return { items, revision, next: `${(items.at(-1) as CachedObject).key}\0`.slice(prefix.length) }
}

async function fromSnapshot(listing: Listing, snapshot: CacheSnapshot, limit: number): Promise<Page> {
  const { filter, prefix } = listing
  if (filter.empty && (limit === 0 || limit >= snapshot.size)) {
    return { items: await snapshot.list(), revision: snapshot.revision }
  }
  if (!filter.empty && listing.storage.form) await listing.call.resource.prepare([...snapshot]) // selectors see views
  const items: CachedObject[] = []
  const pause = yieldEvery()
  for (const object of snapshot) {
    if (pause.due()) await pause.now()
    if (!filter.matches(object)) continue
    if (limit > 0 && items.length === limit) {
      return {
        items,
        revision: snapshot.revision,
        next: object.key.slice(prefix.length),
        ...rest(listing, snapshot.size - limit),
      }
    }
    items.push(object)
  }
  return { items, revision: snapshot.revision }
}

const rest = ({ filter }: Listing, remaining: number) => (filter.empty ? { remaining } : {})

interface Indexed {
  readonly items: readonly CachedObject[]
  /** Whether all of them match: there is no need to look. */
  readonly isExact: boolean
}

/** What an index gives when a selector asks for one value of a field or label that has one; also a single name. */
function indexed(listing: Listing): Indexed | undefined {
  const byField = named(listing)
  const found = byField ?? labelled(listing)
  if (!found) return undefined
  const { call, prefix, filter } = listing
  const items = call.namespace === '' ? found : below(found, prefix)
  return { items, isExact: !byField && filter.isLabel }
}

const narrowed = new WeakMap<readonly CachedObject[], Map<string, readonly CachedObject[]>>()
const MAX_NARROWED = 16

/** Those with keys of a prefix; from what an index gives again, the same array. */
function below(found: readonly CachedObject[], prefix: string): readonly CachedObject[] {
  const known = narrowed.get(found) ?? new Map<string, readonly CachedObject[]>()
  narrowed.set(found, known)
  let items = known.get(prefix)
  if (!items) {
    items = found.filter(({ key }) => key.startsWith(prefix))
    if (known.size < MAX_NARROWED) known.set(prefix, items)
  }
  return items
}

/** Not of kinds whose versions may show other labels than are stored. */
function labelled({ storage, filter }: Listing): readonly CachedObject[] | undefined {
  const wanted = storage.form ? undefined : filter.label()
  return wanted && storage.cache.byLabel(wanted.key, wanted.value)
}

function named({ storage, call, filter }: Listing): readonly CachedObject[] | undefined {
  const name = filter.exactly('metadata.name')
  if (name !== undefined && (call.namespace !== '' || !storage.definition.namespaced)) {
    const object = storage.cache.get(storage.key(call.namespace, name))
    return object ? [object] : []
  }
  const node = storage.definition.plural === 'pods' ? filter.exactly('spec.nodeName') : undefined
  return node ? storage.cache.by('spec.nodeName', node) : undefined
}

async function continued(listing: Listing): Promise<Page> {
  const { options, storage, prefix, call } = listing
  const { revision, start } = decodeContinue(options.continue)
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (revision > 0) return asOf(listing, revision, prefix + start)
  await storage.freshen(call.signal)
  return asOf(listing, storage.cache.revision(), prefix + start)
}

/** As of a revision, for further pages and exact reads: from the cache if it knows that far back, else from the store. */
async function asOf(listing: Listing, revision: number, start: string | undefined): Promise<Page> {
  const { storage, call, options } = listing
  if (revision > storage.cache.revision()) {
    await waitForRevision(storage, revision, call.signal, options.continue === '' ? options.resourceVersion : undefined)
  }
  const snapshot = storage.cache.snapshotAt(revision, {
    ...(call.namespace !== '' && { namespace: call.namespace }),
    ...(start !== undefined && { from: start }),
  })
  return snapshot ? fromSnapshot(listing, snapshot, options.limit) : fromStore(listing, revision, start)
}

/** Reads on until the page is full of objects that match. */
async function fromStore(listing: Listing, revision: number, start: string | undefined): Promise<Page> {
  const { prefix, filter, options } = listing
  const items: CachedObject[] = []
  let from = start
  for (;;) {
    const limit = options.limit === 0 ? {} : { limit: options.limit - items.length }
    const page = await readPage(listing, { revision, ...limit, ...(from !== undefined && { from }) })
    if (!filter.empty) await listing.call.resource.prepare(page.objects)
    items.push(...page.objects.filter((object) => filter.matches(object)))
    const last = page.objects.at(-1)
    if (page.remaining === 0 || last === undefined) return { items, revision }
    from = `${last.key}\0`
    if (items.length >= options.limit) {
      return { items, revision, next: from.slice(prefix.length), ...rest(listing, page.remaining) }
    }
  }
}

async function readPage(listing: Listing, range: { revision: number; limit?: number; from?: string }) {
  const { storage, prefix, options } = listing
  try {
    return await storage.listAt(prefix, range)
  } catch (error) {
    if (error instanceof FutureRevisionError) throw tooLargeResourceVersion(range.revision, error.current)
    if (!(error instanceof CompactedError)) throw error
    throw options.continue === '' ? tooOld() : continueExpired(range.from, prefix)
  }
}

const tooOld = () =>
  new StatusError({
    code: 410,
    reason: Reason.Expired,
    message: 'The resourceVersion for the provided list is too old.',
  })

/** The Status carries a token with which the client may go on regardless, with an inconsistent rest. */
function continueExpired(from: string | undefined, prefix: string): StatusError {
  const token = encodeContinue({ revision: -1, start: (from ?? prefix).slice(prefix.length) })
  return new ContinueExpired(token)
}

/** 410 with metadata.continue set (upstream: storage/etcd3 handleCompactedErrorForPaging). */
export class ContinueExpired extends StatusError {
  readonly token: string

  constructor(token: string) {
    super({
      code: 410,
      reason: Reason.Expired,
      message:
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
        'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
        'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
        'deleted between the time the first chunk was returned and now may show up in the list.',
    })
    this.token = token
  }

  override toStatus() {
    return { ...super.toStatus(), metadata: { continue: this.token } }
  }
}

function listMeta({ revision, next, remaining }: Page): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(next !== undefined && { continue: encodeContinue({ revision, start: next }) }),
    ...(next !== undefined && remaining !== undefined && { remainingItemCount: remaining }),
  }
}
