import { PatchCalls } from './bench/apply-calls.ts'
const c = await PatchCalls.open({ tracked: process.argv[3] !== 'plain' })
const which = process.argv[2] as string
const one = c.calls[which as never] as () => Promise<void>
for(let i=0;i<500;i++) await one()
const t=performance.now(); let n=0
const cpu0=process.cpuUsage()
while (performance.now()-t<5000) { await one(); n++ }
const cpu=process.cpuUsage(cpu0)
console.log(which, (cpu.user+cpu.system)/n, 'cpu us each')
process.exit(0)
