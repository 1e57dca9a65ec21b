/** What no value of a header field may hold (RFC 9110, 5.5): it could begin another field, or another message. */
export const UNFIT = /[^\t\x20-\x7e\x80-\xff]/
