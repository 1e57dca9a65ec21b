/** The media types of objects, in upstream's names. */
export const JSON_TYPE = 'application/json'
export const YAML_TYPE = 'application/yaml'
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'
export const CBOR_TYPE = 'application/cbor'
/** Items of CBOR one after the other (RFC 8742): watches. */
export const CBOR_SEQUENCE_TYPE = 'application/cbor-seq'

export type MediaType = typeof JSON_TYPE | typeof YAML_TYPE | typeof PROTOBUF_TYPE | typeof CBOR_TYPE

const ALWAYS: readonly MediaType[] = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE]

/** What a server reads and writes, in upstream's order, which is also that of preference where a wildcard allows several. */
export const mediaTypes = ({ cbor }: { readonly cbor: boolean }): readonly MediaType[] =>
  cbor ? [...ALWAYS, CBOR_TYPE] : ALWAYS

/** The content type of a watch in a media type; in YAML there is none. */
export function streamType(mediaType: MediaType): string {
  if (mediaType === JSON_TYPE) return mediaType
  return mediaType === CBOR_TYPE ? CBOR_SEQUENCE_TYPE : `${mediaType};stream=watch`
}
