/** The parts of an image's name: `registry:5000/team/app:1.2@sha256:…`. */
export interface ImageReference {
  /** With registry and namespace where they are given. */
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const DOMAIN =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?'
const REFERENCE = new RegExp(
  `^((?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@([a-z][a-z0-9+._-]*:[0-9a-fA-F]{32,}))?$`,
)
const MAX_NAME = 255

/** The image with the tag `latest` where it has neither tag nor digest. Throws when the name is not valid. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImageReference(image)
  return tag === undefined && digest === undefined ? `${image}:latest` : image
}

/** Throws with the reason in the words of the reference grammar (distribution/reference). */
export function parseImageReference(image: string): ImageReference {
  const match = REFERENCE.exec(image)
  if (!match) throw new Error(`couldn't parse image name ${JSON.stringify(image)}: ${whyInvalid(image)}`)
  const [, name = '', tag, digest] = match
  if (name.length > MAX_NAME) {
    const why = `repository name must not be more than ${MAX_NAME} characters`
    throw new Error(`couldn't parse image name ${JSON.stringify(image)}: ${why}`)
  }
  return { name, tag, digest }
}

function whyInvalid(image: string): string {
  const isLowerValid = REFERENCE.test(image.toLowerCase())
  if (!isLowerValid) return 'invalid reference format'
  const { path } = splitRegistry(image.replace(/[:@][^/]*$/, ''))
  return `invalid reference format: repository name (${path}) must be lowercase`
}

/** Docker's rule: the first part is a registry when it has a dot or a port, or is `localhost`; otherwise it is Docker Hub. */
export function splitRegistry(name: string): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  if (!isRegistry) return { registry: 'docker.io', path: name.includes('/') ? name : `library/${name}` }
  return { registry: first, path: name.slice(slash + 1) }
}
