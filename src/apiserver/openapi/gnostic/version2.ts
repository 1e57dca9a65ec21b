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

/**
 * An OpenAPI v2 document, or some of its members, in the protobuf form that client-go asks for (gnostic's
 * openapi.v2.Document). Members may be encoded one after the other: the concatenation is the whole document, since
 * protobuf merges messages that come in parts.
 */
export function encodeVersion2(document: JsonSchema): Uint8Array {
  const writer = new ProtobufWriter()
  writeMembers(writer, DOCUMENT, document)
  return writer.take()
}

const schema = (number: number): Field => message(number, () => SCHEMA)
const typed = (number: number): Field => within(number, list(1))
/** One text or several. */
const list =
  (number: number): Field =>
  (writer, value) =>
    texts(number)(writer, Array.isArray(value) ? value : [value])
const additionalProperties: Field = (writer, value) =>
  typeof value === 'boolean' ? within(21, flag(2))(writer, value) : within(21, schema(1))(writer, value)

const SCHEMA: Shape = {
  fields: [
    ['$ref', text(1)],
    ['format', text(2)],
    ['title', text(3)],
    ['description', text(4)],
    ['default', any(5)],
    ['multipleOf', double(6)],
    ['maximum', double(7)],
    ['exclusiveMaximum', flag(8)],
    ['minimum', double(9)],
    ['exclusiveMinimum', flag(10)],
    ['maxLength', integer(11)],
    ['minLength', integer(12)],
    ['pattern', text(13)],
    ['maxItems', integer(14)],
    ['minItems', integer(15)],
    ['uniqueItems', flag(16)],
    ['maxProperties', integer(17)],
    ['minProperties', integer(18)],
    ['required', texts(19)],
    ['enum', each(any(20))],
    ['additionalProperties', additionalProperties],
    ['type', typed(22)],
    ['items', within(23, schema(1))],
    ['allOf', each(schema(24))],
    ['properties', within(25, named(1, schema))],
    ['example', any(30)],
  ],
  extensions: 31,
}

const BODY: Shape = {
  fields: [
    ['description', text(1)],
    ['name', text(2)],
    ['in', text(3)],
    ['required', flag(4)],
    ['schema', schema(5)],
  ],
  extensions: 6,
}

const PATH_PARAMETER: Shape = {
  fields: [
    ['required', flag(1)],
    ['in', text(2)],
    ['description', text(3)],
    ['name', text(4)],
    ['type', text(5)],
    ['uniqueItems', flag(19)],
  ],
}

const QUERY_PARAMETER: Shape = {
  fields: [
    ['required', flag(1)],
    ['in', text(2)],
    ['description', text(3)],
    ['name', text(4)],
    ['type', text(6)],
    ['uniqueItems', flag(20)],
  ],
}

const query = message(3, () => QUERY_PARAMETER)
const path = message(4, () => PATH_PARAMETER)
const body = message(1, () => BODY)

/** In ParametersItem, Parameter and NonBodyParameter alike, the field number says which alternative it is. */
function parameters(number: number): Field {
  return each(
    within(
      number,
      within(1, (writer, value) => {
        const place = isObject(value) ? value.in : undefined
        if (place === 'body') body(writer, value)
        else within(2, place === 'path' ? path : query)(writer, value)
      }),
    ),
  )
}

const RESPONSE: Shape = {
  fields: [
    ['description', text(1)],
    ['schema', within(2, schema(1))],
  ],
  extensions: 5,
}

const OPERATION: Shape = {
  fields: [
    ['tags', texts(1)],
    ['summary', text(2)],
    ['description', text(3)],
    ['operationId', text(5)],
    ['produces', texts(6)],
    ['consumes', texts(7)],
    ['parameters', parameters(8)],
    [
      'responses',
      within(
        9,
        named(1, (number) =>
          within(
            number,
            message(1, () => RESPONSE),
          ),
        ),
      ),
    ],
    ['schemes', texts(10)],
    ['deprecated', flag(11)],
  ],
  extensions: 13,
}

const operation = (number: number): Field => message(number, () => OPERATION)

const PATH_ITEM: Shape = {
  fields: [
    ['get', operation(2)],
    ['put', operation(3)],
    ['post', operation(4)],
    ['delete', operation(5)],
    ['options', operation(6)],
    ['head', operation(7)],
    ['patch', operation(8)],
    ['parameters', parameters(9)],
  ],
  extensions: 10,
}

const INFO: Shape = {
  fields: [
    ['title', text(1)],
    ['version', text(2)],
  ],
}

const API_KEY: Shape = {
  fields: [
    ['type', text(1)],
    ['name', text(2)],
    ['in', text(3)],
    ['description', text(4)],
  ],
}

const DOCUMENT: Shape = {
  fields: [
    ['swagger', text(1)],
    ['info', message(2, () => INFO)],
    [
      'paths',
      within(
        8,
        named(2, (number) => message(number, () => PATH_ITEM)),
      ),
    ],
    ['definitions', within(9, named(1, schema))],
    [
      'security',
      each(
        within(
          12,
          named(1, (number) => within(number, texts(1))),
        ),
      ),
    ],
    [
      'securityDefinitions',
      within(
        13,
        named(1, (number) =>
          within(
            number,
            message(2, () => API_KEY),
          ),
        ),
      ),
    ],
  ],
}
