const NUMBER = '(0|[1-9]\\d*)'
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)'
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)

/** `1.36.0`, `1.36.0-rc.1`, `1.36.0+build`: semver 2.0.0. */
export const isSemanticVersion = (text: string): boolean => VERSION.test(text)

/** Negative, zero or positive as `left` comes before, is or comes after `right`; both are versions. Builds do not count. */
export function compareSemanticVersions(left: string, right: string): number {
  const [, ...leftParts] = VERSION.exec(left) ?? []
  const [, ...rightParts] = VERSION.exec(right) ?? []
  for (let part = 0; part < 3; part++) {
    const difference = compareNumbers(leftParts[part] ?? '0', rightParts[part] ?? '0')
    if (difference !== 0) return difference
  }
  return comparePreReleases(leftParts[3], rightParts[3])
}

const compareNumbers = (left: string, right: string): number =>
  left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)

/** A version comes after its pre-releases; their identifiers are compared one by one, numbers before words. */
function comparePreReleases(left: string | undefined, right: string | undefined): number {
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined)
  const [leftParts, rightParts] = [left.split('.'), right.split('.')]
  for (let index = 0; index < Math.min(leftParts.length, rightParts.length); index++) {
    const difference = compareIdentifiers(leftParts[index] as string, rightParts[index] as string)
    if (difference !== 0) return difference
  }
  return leftParts.length - rightParts.length
}

function compareIdentifiers(left: string, right: string): number {
  const [isLeft, isRight] = [/^\d+$/.test(left), /^\d+$/.test(right)]
  if (isLeft && isRight) return compareNumbers(left, right)
  if (isLeft !== isRight) return isLeft ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}
