import { isEmbedded, propertyOf, type Schema } from '../schema.ts'

const known = new WeakMap<Schema, Schema>()
const TEXT: Schema = { type: 'string' }
const METADATA: Schema = { type: 'object', properties: { name: TEXT, generateName: TEXT } }

/** A resource's schema with what all resources let their rules read: version, kind and names. */
export function resourceSchema(schema: Schema): Schema {
  let whole = known.get(schema)
  if (!whole) {
    whole = isComplete(schema) ? schema : withNames(schema)
    known.set(schema, whole)
  }
  return whole
}

const withNames = (schema: Schema): Schema => ({
  ...schema,
  properties: { ...schema.properties, kind: TEXT, apiVersion: TEXT, metadata: METADATA },
})

function isComplete(schema: Schema): boolean {
  const metadata = propertyOf(schema, 'metadata')
  return (
    isText(schema, 'kind') &&
    isText(schema, 'apiVersion') &&
    metadata?.type === 'object' &&
    isText(metadata, 'name') &&
    isText(metadata, 'generateName')
  )
}

const isText = (schema: Schema, name: string): boolean => propertyOf(schema, name)?.type === 'string'

/** The schema of a part, as rules see it. */
export const partSchema = (schema: Schema): Schema => (isEmbedded(schema) ? resourceSchema(schema) : schema)
