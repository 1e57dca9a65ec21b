import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as k8s from '@kubernetes/client-node'
import { clusterOfThisFile } from './harness/cluster.ts'
import { outputOf } from './harness/command.ts'
import { eventually } from './harness/eventually.ts'

// The official client libraries of other languages, unmodified, on a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })

function javaScriptClient(): k8s.KubeConfig {
  const config = new k8s.KubeConfig()
  config.loadFromFile(cluster.kubeconfig)
  return config
}

test('the JavaScript client reads, writes and is refused with a Status', async (context) => {
  const { namespace } = await cluster.namespace(context)
  const core = javaScriptClient().makeApiClient(k8s.CoreV1Api)
  const body = { metadata: { name: 'settings', labels: { app: 'web' } }, data: { a: '1' } }
  const made = await core.createNamespacedConfigMap({ namespace, body })
  assert.ok(made.metadata?.creationTimestamp instanceof Date)
  const operations = [{ op: 'replace', path: '/data/a', value: '2' }]
  await core.patchNamespacedConfigMap({ namespace, name: 'settings', body: operations })
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=web' })
  assert.deepEqual(
    items.map(({ data }) => data),
    [{ a: '2' }],
  )
  const refused = core.createNamespacedConfigMap({ namespace, body })
  await assert.rejects(refused, (error: k8s.ApiException<string>) => {
    return error.code === 409 && JSON.parse(error.body).reason === 'AlreadyExists'
  })
})

test('an informer of the JavaScript client sees what is there, and each change in order', async (context) => {
  const { namespace } = await cluster.namespace(context)
  const config = javaScriptClient()
  const core = config.makeApiClient(k8s.CoreV1Api)
  const labelSelector = 'app=web'
  const body = (name: string) => ({ metadata: { name, labels: { app: 'web' } }, data: { a: '1' } })
  await core.createNamespacedConfigMap({ namespace, body: body('before') })

  const seen: string[] = []
  const informer = k8s.makeInformer<k8s.V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    () => core.listNamespacedConfigMap({ namespace, labelSelector }),
    labelSelector,
  )
  for (const event of ['add', 'update', 'delete'] as const) {
    informer.on(event, ({ metadata }) => void seen.push(`${event} ${metadata?.name}`))
  }
  informer.on('error', () => {}) // how it reports that it was stopped
  await informer.start()
  context.after(() => informer.stop())

  await core.createNamespacedConfigMap({ namespace, body: body('after') })
  await core.replaceNamespacedConfigMap({ namespace, name: 'before', body: { ...body('before'), data: { a: '2' } } })
  await core.deleteNamespacedConfigMap({ namespace, name: 'after' })
  await eventually(() => assert.deepEqual(seen, ['add before', 'add after', 'update before', 'delete after']))
})

test('the JavaScript client finds kinds by discovery', async (context) => {
  const { namespace } = await cluster.namespace(context)
  const objects = k8s.KubernetesObjectApi.makeApiClient(javaScriptClient())
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'turn', namespace } }
  await objects.create(lease)
  await objects.delete(lease)
  await assert.rejects(objects.read(lease), (error: k8s.ApiException<string>) => error.code === 404)
})

test('the Python client reads, writes, watches, scales, discovers and is refused', async (context) => {
  const { namespace } = await cluster.namespace(context)
  const program = join(import.meta.dirname, 'programs', 'python-client.py')
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3' // the one that has the package
  const printed = await outputOf(python, [program, cluster.kubeconfig, namespace])
  assert.deepEqual(printed.trimEnd().split('\n'), [
    "listed ['settings'] 0:00:00",
    "watched MODIFIED [('a', '1'), ('b', '2')]",
    'scaled 3 app=web',
    'discovered test.local/web:1 RollingUpdate',
    'refused 409 Conflict',
    'left []',
  ])
})
