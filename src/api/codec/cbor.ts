export { decodeCbor } from './cbor-decode.ts'
export { cborArrayHead, encodeCbor, encodeCborItem, encodeCborMap } from './cbor-encode.ts'
