import { parseUrl } from '../../crd/go-url.ts'
import type { FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'
import { dns1123SubdomainErrors } from './name-rules.ts'

const FORM = '; desired format: https://host[/path]'
const MAX_PORT = 65535

export interface WebhookService {
  readonly name?: string
  readonly namespace?: string
  readonly path?: string
  readonly port?: number
}

/** Where a webhook is called: an https URL or a service, not both. Upstream: apiserver/pkg/util/webhook. */
export function checkWebhookClient(
  { url, service }: { readonly url?: string | undefined; readonly service?: WebhookService | undefined },
  at: FieldPath,
  errors: FieldErrors,
): void {
  if ((url === undefined) === (service === undefined)) errors.required(at, 'exactly one of url or service is required')
  else if (url !== undefined) checkUrl(url, at.child('url'), errors)
  else if (service) checkService(service, at.child('service'), errors)
}

function checkUrl(text: string, at: FieldPath, errors: FieldErrors): void {
  const { scheme, host, user, fragment, query, error } = parseUrl(text)
  if (error !== undefined) return errors.required(at, `url must be a valid URL: ${error}${FORM}`)
  if (scheme !== 'https') errors.invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`)
  if (host === '') errors.invalid(at, host, `host must be specified${FORM}`)
  if (user !== undefined) errors.invalid(at, user, 'user information is not permitted in the URL')
  if (fragment !== '') errors.invalid(at, fragment, 'fragments are not permitted in the URL')
  if (query !== '') errors.invalid(at, query, 'query parameters are not permitted in the URL')
}

function checkService({ name, namespace, path, port }: WebhookService, at: FieldPath, errors: FieldErrors): void {
  if (!name) errors.required(at.child('name'), 'service name is required')
  if (!namespace) errors.required(at.child('namespace'), 'service namespace is required')
  if (port !== undefined && (port < 1 || port > MAX_PORT)) {
    errors.invalid(at.child('port'), port, 'port is not valid: must be between 1 and 65535, inclusive')
  }
  if (path !== undefined) checkServicePath(path, at.child('path'), errors)
}

function checkServicePath(path: string, at: FieldPath, errors: FieldErrors): void {
  if (path === '/' || path === '') return
  if (path === '//') return errors.invalid(at, path, 'segment[0] may not be empty')
  if (!path.startsWith('/')) errors.invalid(at, path, "must start with a '/'")
  const segments = path.slice(1).replace(/\/$/, '').split('/')
  for (const [index, segment] of segments.entries()) {
    const where = `segment[${index}]`
    if (segment === '') errors.invalid(at, path, `${where} may not be empty`)
    else for (const problem of dns1123SubdomainErrors(segment)) errors.invalid(at, path, `${where}: ${problem}`)
  }
}
