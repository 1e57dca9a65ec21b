import { PatchCalls } from './bench/apply-calls.ts'
import { RegistryFieldManagers } from './src/apiserver/managed-fields/registry-field-managers.ts'
import { systemClock } from './src/base/clock.ts'
import { startTestApi } from './src/testing/api-server.ts'
import { editable, deepFreeze } from './src/base/deep-readonly.ts'
import { keepTimes } from './src/apiserver/managed-fields/keep-times.ts'
const api = await startTestApi()
const { registry } = api.server
const fm = new RegistryFieldManagers({ registry, clock: systemClock })
const client = api.client()
const d = await client.deployments.create({ ...PatchCalls.deployment('d','0'), metadata: { name: 'd', namespace: 'a', labels:{app:'d'} } } as never)
const res = registry.find('apps','v1','deployments')!
const m = fm.of(res, '')
const next = editable(d) as any
next.spec.template.spec.containers[0].env[0].value = '77'
delete next.metadata.managedFields
const bench=(name:string, f:()=>void)=>{for(let i=0;i<3000;i++)f();let min=1e9;for(let b=0;b<60;b++){const t=performance.now();for(let i=0;i<100;i++)f();min=Math.min(min,(performance.now()-t)*10)}console.log(name,min.toFixed(1),'us')}
bench('update changed', ()=>{ delete next.metadata.managedFields; m.update(next, d as never, 'navarch') })
bench('update changed by other', ()=>{ delete next.metadata.managedFields; m.update(next, d as never, 'other') })
const same = editable(d) as any; 
bench('update same', ()=>{ delete same.metadata.managedFields; m.update(same, d as never, 'navarch') })
m.update(next, d as never, 'navarch')
bench('keepTimes', ()=>keepTimes(next, d as never))
const fresh = editable(d) as any; delete fresh.metadata.managedFields
bench('create', ()=>{ delete fresh.metadata.managedFields; m.create(fresh, 'navarch') })
const text = JSON.stringify(d), mf = JSON.stringify(d.metadata.managedFields)
console.log(text.length, mf.length)
bench('parse all', ()=>{ JSON.parse(text) })
bench('parse mf', ()=>{ JSON.parse(mf) })
bench('parse+freeze all', ()=>{ deepFreeze(JSON.parse(text)) })
bench('parse+freeze mf', ()=>{ deepFreeze(JSON.parse(mf)) })
const o=JSON.parse(mf)
bench('stringify mf', ()=>{ JSON.stringify(o) })
const frozen=deepFreeze(JSON.parse(mf))
bench('stringify frozen mf', ()=>{ JSON.stringify(frozen) })
const all=JSON.parse(text)
bench('stringify all', ()=>{ JSON.stringify(all) })
const cfg = PatchCalls.deployment('d','1') as any
const live2 = d
bench('nothing', ()=>{})
for(let i=0;i<1000;i++) await m.apply({live: live2 as never, config: cfg, manager:'x', force:true}); let mn=1e9; for(let b=0;b<40;b++){const t=performance.now();for(let i=0;i<50;i++) await m.apply({live: live2 as never, config: cfg, manager:'x', force:true}); mn=Math.min(mn,(performance.now()-t)*20)} console.log('apply', mn.toFixed(1))
process.exit(0)
