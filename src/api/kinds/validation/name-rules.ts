export {
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from '../../meta/names.ts'

const LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SEARCH_DOMAIN_FORMAT = `${LABEL}(\\.${LABEL})*`
const SEARCH_DOMAIN = new RegExp(`^${SEARCH_DOMAIN_FORMAT}$`)
const MAX_DOMAIN = 253

/** A DNS search domain: a DNS-1123 subdomain that may have underscores (KEP-4427). */
export function searchDomainErrors(value: string): readonly string[] {
  const tooLong = value.length > MAX_DOMAIN ? [`must be no more than ${MAX_DOMAIN} characters`] : []
  if (SEARCH_DOMAIN.test(value)) return tooLong
  const rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and"
  const ends = 'must start and end with an alphanumeric character'
  const example = `(e.g. 'example.com', regex used for validation is '${SEARCH_DOMAIN_FORMAT}')`
  return [...tooLong, `${rule} ${ends} ${example}`]
}

const HTTP_HEADER = /^[-A-Za-z0-9]+$/
const NOT_A_HEADER =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"

export const httpHeaderErrors = (value: string): readonly string[] => (HTTP_HEADER.test(value) ? [] : [NOT_A_HEADER])
