import { readFileSync } from 'node:fs'
import { type DescribedType, parseDescriptions } from './description-file.ts'

/** What every group shares: types of apimachinery, and patterns such as `*List`. */
const SHARED = 'meta'

/** Sentences on a type, by its full name. Empty if nobody wrote any, which a test rules out for the schema table. */
export function describeType(name: string): string {
  for (const { text, inserted } of sectionsOf(name)) {
    if (text !== '') return text.replaceAll('{name}', inserted)
  }
  return ''
}

/** Sentences on a field of a type, likewise. Any `owner` has the fields that all objects have. */
export function describeField(owner: string, field: string): string {
  for (const { fields } of sectionsOf(owner)) {
    const text = fields.get(field)
    if (text) return text
  }
  return ''
}

/** `io.k8s.api.apps.v1.Deployment` → `apps`; all versions of a group share their descriptions. */
export function descriptionFileOf(type: string): string {
  return /\.([a-z]+)\.v\d\w*\.\w+$/.exec(type)?.[1] ?? SHARED
}

interface Section extends DescribedType {
  /** What stands for the `*` of a pattern. */
  readonly inserted: string
}

/** By full name of a type; the schema table has a fixed number of them. */
const known = new Map<string, readonly Section[]>()

/**
 * What is said of a type, the closest first: its own section, that of the type it is like, the patterns of its group's file
 * that fit its name, then all of this in the shared file.
 */
function sectionsOf(type: string): readonly Section[] {
  let sections = known.get(type)
  if (!sections) {
    const name = type.slice(type.lastIndexOf('.') + 1)
    const files = new Set([descriptionFileOf(type), SHARED])
    sections = [...files].flatMap((file) => fitting(fileOf(file), name))
    known.set(type, sections)
  }
  return sections
}

function fitting(file: readonly DescribedType[], name: string): Section[] {
  const own = file.find((section) => section.name === name)
  const liked = own?.like ? file.find((section) => section.name === own.like) : undefined
  const named = [own, liked].filter((section) => section !== undefined)
  return [
    ...named.map((section) => ({ ...section, inserted: name })),
    ...file.flatMap((section) => {
      const inserted = insertedIn(section.name, name)
      return inserted === undefined ? [] : { ...section, inserted }
    }),
  ]
}

/** `*List` fits `PodList`, where `Pod` stands for the star. */
function insertedIn(pattern: string, name: string): string | undefined {
  const [before = '', after] = pattern.split('*')
  if (after === undefined || !name.startsWith(before) || !name.endsWith(after)) return undefined
  return name.slice(before.length, name.length - after.length)
}

const files = new Map<string, readonly DescribedType[]>()

function fileOf(name: string): readonly DescribedType[] {
  let file = files.get(name)
  if (!file) {
    file = parseDescriptions(readFileSync(new URL(`./descriptions/${name}.md`, import.meta.url), 'utf8'))
    files.set(name, file)
  }
  return file
}
