/** A double as `string()` writes it: Go's `%g` with as few digits as tell it apart. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** `3.140000×10⁰⁰`: the exponent as the printer of Go's text package for English writes it. */
export function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value)
  const [digits = '', exponent = ''] = value.toExponential(precision).split('e')
  const raised = exponent
    .replace(/\D/, '')
    .padStart(2, '0')
    .replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? '')
  return `${digits}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`
}

/** `1,234.500000`: with the thousands of English. */
export function fixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value)
  const [whole = '', fraction] = value.toFixed(precision).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞')
