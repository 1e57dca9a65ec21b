import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ApiObject, ResourceRef } from '../src/api/resource.ts'
import { hasReason, Reason } from '../src/api/status-error.ts'
import type { Client } from '../src/client/clientset.ts'
import { resources } from '../src/client/clientset.ts'

type Manifest = ApiObject & { kind: string; metadata: { name: string; namespace?: string } }

export interface Applied {
  /** As kubectl names it: `deployment/guestbook-frontend`. */
  readonly name: string
  readonly outcome: 'created' | 'configured' | 'unchanged'
}

/** The kinds that a manifest of the demo may have. */
const KINDS: Readonly<Record<string, ResourceRef>> = {
  ConfigMap: resources.configMaps,
  Secret: resources.secrets,
  Service: resources.services,
  PersistentVolumeClaim: resources.persistentVolumeClaims,
  Deployment: resources.deployments,
}

/** Creates what the manifests of a folder describe, or merges them into what is there; files in order of their names. */
export async function applyFolder(client: Client, folder: string, namespace: string): Promise<Applied[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const manifests = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
  const applied: Applied[] = []
  // Configuration before what reads it, so that no pod has to wait.
  for (const manifest of manifests.sort((a, b) => order(a) - order(b))) {
    applied.push(await apply(client, withData(manifest), namespace))
  }
  return applied
}

const order = ({ kind }: Manifest): number => Object.keys(KINDS).indexOf(kind)

async function apply(client: Client, manifest: Manifest, namespace: string): Promise<Applied> {
  const resource = KINDS[manifest.kind]
  if (!resource) throw new Error(`the demo cannot apply the kind ${manifest.kind}`)
  const objects = client.resource<ApiObject>(resource)
  const at = { namespace, name: manifest.metadata.name }
  const name = `${manifest.kind.toLowerCase()}/${at.name}`
  const object = { ...manifest, metadata: { ...manifest.metadata, namespace } }
  try {
    const old = await objects.get(at)
    const patched = await objects.patch(at, { type: 'strategic', body: object })
    const same = old.metadata.resourceVersion === patched.metadata.resourceVersion
    return { name, outcome: same ? 'unchanged' : 'configured' }
  } catch (error) {
    if (!hasReason(error, Reason.NotFound)) throw error
    await objects.create(object)
    return { name, outcome: 'created' }
  }
}

/** A Secret's stringData as the data that it stands for, so that a merge of the same text changes nothing. */
function withData(manifest: Manifest): Manifest {
  const { stringData, ...rest } = manifest as Manifest & { stringData?: Record<string, string> }
  if (!stringData) return manifest
  const data = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  return { ...rest, data: Object.fromEntries(data) } as Manifest
}
