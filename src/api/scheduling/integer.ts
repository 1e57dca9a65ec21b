/** Text that Gt and Lt can compare: decimal digits, at most a minus sign before them. */
export const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text)
