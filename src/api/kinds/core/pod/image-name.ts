const NAME_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const TAG = '[\\w][\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

/** The grammar of an image reference (distribution/reference): name, tag, digest. */
const REFERENCE = new RegExp(
  `^(?:${DOMAIN}/)?${NAME_COMPONENT}(?:/${NAME_COMPONENT})*(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`,
)

/** The tag of an image: `latest` when it has neither tag nor digest, empty with a digest alone or when malformed. */
export function imageTag(image: string): string {
  const reference = REFERENCE.exec(image)
  if (!reference?.groups) return ''
  const { tag, digest } = reference.groups
  return tag ?? (digest === undefined ? 'latest' : '')
}

/** `latest` moves, so it is pulled always; another tag, or a digest, only when it is not there. */
export function pullPolicyOf(image: string | undefined): 'Always' | 'IfNotPresent' {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}
