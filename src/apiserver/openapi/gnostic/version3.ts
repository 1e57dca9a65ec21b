import { ProtobufWriter } from '../../../api/codec/protobuf-writer.ts'
import type { JsonSchema } from '../schemas.ts'
import {
  any,
  double,
  each,
  type Field,
  flag,
  integer,
  isObject,
  message,
  named,
  type Shape,
  text,
  texts,
  within,
  writeMembers,
} from './fields.ts'

/** An OpenAPI v3 document in protobuf (gnostic's openapi.v3.Document). */
export function encodeVersion3(document: JsonSchema): Uint8Array {
  const writer = new ProtobufWriter()
  writeMembers(writer, DOCUMENT, document)
  return writer.take()
}

const INLINE = message(1, () => SCHEMA)
const REFERENCE = message(2, () => ({ fields: [['$ref', text(1)]] }))

/** SchemaOrReference: the schema itself, or where it is. */
function schema(number: number): Field {
  return within(number, (writer, value) => {
    if (isObject(value) && value.$ref !== undefined) REFERENCE(writer, value)
    else INLINE(writer, value)
  })
}

const additionalProperties: Field = (writer, value) =>
  typeof value === 'boolean' ? within(32, flag(2))(writer, value) : within(32, schema(1))(writer, value)

/** Only scalars have a form here; gnostic makes an empty message of other defaults. */
const byType: Readonly<Record<string, Field>> = { number: double(1), boolean: flag(2), string: text(3) }
const defaultValue = within(33, (writer, value) => byType[typeof value]?.(writer, value))

const SCHEMA: Shape = {
  fields: [
    ['nullable', flag(1)],
    ['readOnly', flag(3)],
    ['writeOnly', flag(4)],
    ['example', any(7)],
    ['deprecated', flag(8)],
    ['title', text(9)],
    ['multipleOf', double(10)],
    ['maximum', double(11)],
    ['exclusiveMaximum', flag(12)],
    ['minimum', double(13)],
    ['exclusiveMinimum', flag(14)],
    ['maxLength', integer(15)],
    ['minLength', integer(16)],
    ['pattern', text(17)],
    ['maxItems', integer(18)],
    ['minItems', integer(19)],
    ['uniqueItems', flag(20)],
    ['maxProperties', integer(21)],
    ['minProperties', integer(22)],
    ['required', texts(23)],
    ['enum', each(any(24))],
    ['type', text(25)],
    ['allOf', each(schema(26))],
    ['oneOf', each(schema(27))],
    ['anyOf', each(schema(28))],
    ['not', message(29, () => SCHEMA)],
    ['items', within(30, schema(1))],
    ['properties', within(31, named(1, schema))],
    ['additionalProperties', additionalProperties],
    ['default', defaultValue],
    ['description', text(34)],
    ['format', text(35)],
  ],
  extensions: 36,
}

const MEDIA_TYPE: Shape = { fields: [['schema', schema(1)]], extensions: 5 }
const content = (number: number): Field =>
  within(
    number,
    named(1, (at) => message(at, () => MEDIA_TYPE)),
  )

const PARAMETER: Shape = {
  fields: [
    ['name', text(1)],
    ['in', text(2)],
    ['description', text(3)],
    ['required', flag(4)],
    ['schema', schema(10)],
  ],
  extensions: 14,
}

const parameters = (number: number): Field =>
  each(
    within(
      number,
      message(1, () => PARAMETER),
    ),
  )

const REQUEST_BODY: Shape = {
  fields: [
    ['description', text(1)],
    ['content', content(2)],
    ['required', flag(3)],
  ],
}

const RESPONSE: Shape = {
  fields: [
    ['description', text(1)],
    ['content', content(3)],
  ],
  extensions: 5,
}

const OPERATION: Shape = {
  fields: [
    ['tags', texts(1)],
    ['summary', text(2)],
    ['description', text(3)],
    ['operationId', text(5)],
    ['parameters', parameters(6)],
    [
      'requestBody',
      within(
        7,
        message(1, () => REQUEST_BODY),
      ),
    ],
    [
      'responses',
      within(
        8,
        named(2, (number) =>
          within(
            number,
            message(1, () => RESPONSE),
          ),
        ),
      ),
    ],
    ['deprecated', flag(10)],
  ],
  extensions: 13,
}

const operation = (number: number): Field => message(number, () => OPERATION)

const PATH_ITEM: Shape = {
  fields: [
    ['get', operation(4)],
    ['put', operation(5)],
    ['post', operation(6)],
    ['delete', operation(7)],
    ['options', operation(8)],
    ['head', operation(9)],
    ['patch', operation(10)],
    ['parameters', parameters(13)],
  ],
  extensions: 14,
}

const INFO: Shape = {
  fields: [
    ['title', text(1)],
    ['version', text(6)],
  ],
}

const SECURITY_SCHEME: Shape = {
  fields: [
    ['type', text(1)],
    ['description', text(2)],
    ['name', text(3)],
    ['in', text(4)],
  ],
}

const COMPONENTS: Shape = {
  fields: [
    ['schemas', within(1, named(1, schema))],
    [
      'securitySchemes',
      within(
        7,
        named(1, (number) =>
          within(
            number,
            message(1, () => SECURITY_SCHEME),
          ),
        ),
      ),
    ],
  ],
}

const DOCUMENT: Shape = {
  fields: [
    ['openapi', text(1)],
    ['info', message(2, () => INFO)],
    [
      'paths',
      within(
        4,
        named(1, (number) => message(number, () => PATH_ITEM)),
      ),
    ],
    ['components', message(5, () => COMPONENTS)],
  ],
}
