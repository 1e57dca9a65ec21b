import { cborValue } from './cbor-form.ts'
import { CBOR_TYPE, JSON_TYPE, type MediaType, PROTOBUF_TYPE, YAML_TYPE } from './media-type.ts'
import { protobufValue } from './protobuf-form.ts'

/** An object that is not cached, in a media type. Throws 406 for what has no form in it. */
export function encodedValue(
  value: object,
  mediaType: MediaType,
  isIndented: boolean,
): Uint8Array | string | Promise<Uint8Array> {
  switch (mediaType) {
    case JSON_TYPE:
      return isIndented ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value)
    case PROTOBUF_TYPE:
      return protobufValue(value)
    case CBOR_TYPE:
      return cborValue(value)
    case YAML_TYPE:
      return encodedYaml(value)
  }
}

/** Loaded when first asked for: it is rare and large. */
async function encodedYaml(value: object): Promise<Uint8Array> {
  const { encodeYaml } = await import('../../api/codec/yaml.ts')
  return encodeYaml(value)
}
