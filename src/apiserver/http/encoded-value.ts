import { JSON_TYPE, type MediaType, PROTOBUF_TYPE } from './negotiation.ts'
import { protobufValue } from './protobuf-form.ts'

/** An object that is not cached, in a media type. Throws 406 for what has no form in it. */
export function encodedValue(
  value: object,
  mediaType: MediaType,
  indented: boolean,
): Uint8Array | string | Promise<Uint8Array> {
  if (mediaType === JSON_TYPE) return indented ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value)
  return mediaType === PROTOBUF_TYPE ? protobufValue(value) : encodedYaml(value)
}

/** Loaded when first asked for: it is rare and large. */
async function encodedYaml(value: object): Promise<Uint8Array> {
  const { encodeYaml } = await import('../../api/codec/yaml.ts')
  return encodeYaml(value)
}
