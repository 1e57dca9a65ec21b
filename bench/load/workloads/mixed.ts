import type { Requests, Workload } from '../workload.ts'
import { create } from './create.ts'
import { get } from './get.ts'
import { listSelector } from './list-selector.ts'
import { patch } from './patch.ts'
import { update } from './update.ts'

/** What a busy cluster asks for: of 20 requests 12 gets, 1 list by selector, 3 patches, 3 updates, 1 create. */
export const mixed: Workload = {
  name: 'mixed',
  leavesObjects: true,
  open: (setting) => {
    const of = (workload: Workload): Requests => workload.open(setting)
    const [gets, lists, patches, updates, creates] = [get, listSelector, patch, update, create].map(of) as [
      Requests,
      ...Requests[],
    ]
    const plan = [...Array(12).fill(gets), lists, patches, patches, patches, updates, updates, updates, creates]
    return (index, last) => (plan[index % plan.length] as Requests)(index, last)
  },
}
