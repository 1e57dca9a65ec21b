import type { Workload } from '../workload.ts'
import { apply } from './apply.ts'
import { create } from './create.ts'
import { createPod } from './create-pod.ts'
import { createRefusedPod } from './create-refused-pod.ts'
import { deletion } from './delete.ts'
import { get } from './get.ts'
import { list } from './list.ts'
import { listGzip } from './list-gzip.ts'
import { listPages } from './list-pages.ts'
import { listProtobuf } from './list-protobuf.ts'
import { listSelector } from './list-selector.ts'
import { mixed } from './mixed.ts'
import { patch } from './patch.ts'
import { update } from './update.ts'

/** In the order in which they are measured: those that leave objects behind come last. */
export const workloads: readonly Workload[] = [
  get,
  list,
  listGzip,
  listProtobuf,
  listPages,
  listSelector,
  update,
  patch,
  apply,
  create,
  createPod,
  createRefusedPod,
  deletion,
  mixed,
]
