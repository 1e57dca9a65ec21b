import type { Workload } from '../workload.ts'

/** One page of 500 after the other, each listing as of one revision. */
export const listPages: Workload = {
  name: 'list-pages',
  onlyReads: true,
  open: ({ maps }) => {
    return (_index, last) => {
      const token = /"continue":"([^"]+)"/.exec(last?.body.slice(0, 1_000) ?? '')?.[1]
      const onward = token ? `&continue=${encodeURIComponent(token)}` : ''
      return { method: 'GET', path: `${maps}?limit=500${onward}`, keepsBody: true }
    }
  },
}
