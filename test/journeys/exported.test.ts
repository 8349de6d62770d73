import { z } from 'zod'
import { aStage } from '../support/curfew.ts'
import { hasOcsf, judgedByOcsf } from '../support/ocsf.ts'
import { aKey } from '../support/ring.ts'
import { aReason, asks, eventually, patient } from './acts.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aPhone, enrols, publicUrl } from './a-phone.ts'
import { curfew } from './app-process.ts'
import { linkBehind } from './link-behind.ts'

/** The life of access, as whatever watches over a company reads it. */

const daily = `      daily:
        name: The gate, daily
        target: { gate: daily }
        mode: session
        session: { length: 10m, renew: 9m, max: 1h }
        who: '"@contractors" in groups'
`

const event = z.object({
  class_uid: z.number(),
  activity_name: z.string(),
  status_detail: z.string().optional(),
  metadata: z.object({ event_code: z.string(), sequence: z.number() }),
  actor: z.object({
    app_name: z.string().optional(),
    user: z.object({ full_name: z.string().optional() }).optional(),
  }),
})

const withSchema = hasOcsf() ? test : test.skip

withSchema(
  'Riley asks, Ada approves, Riley confirms, holds, and leaves: it is exported as OCSF that its schema accepts',
  async () => {
    const gate = await aGate()
    const stage = await aStage({
      transport: 'http',
      catalog: (cast) => gateCatalog(cast, { duration: '10m', more: daily }),
      env: gate.env,
      confirming: { keys: [aKey('c1')], publicUrl },
      auditKeys: [aKey('k1')],
    })
    const { riley, ada, orders, workspace, environment } = stage
    const held = (names: string) =>
      eventually(
        async () => [...gate.holders].join(),
        (now) => now === names,
        patient.withinMs,
      )
    const reason = aReason()
    await asks(riley, 'gate open', reason)
    await ada.clicks('Approve 10 min', await ada.sees(reason, orders, patient))
    await held('riley')
    const phone = aPhone(stage)
    const begins = async () => {
      await riley.runs('/request-access gate daily')
      await riley.modal('No review needed. Confirm that it is you to begin', patient)
      await riley.submits()
    }
    await begins()
    await enrols(stage, riley, phone, await linkBehind(riley, 'Add a way to confirm'))
    await riley.closesModal()
    await begins()
    const done = await phone.confirms(await linkBehind(riley, 'Confirm…'))
    expect(done.text).toMatch(/You have The gate, daily/)
    workspace.deactivate(riley)
    await held('')

    const exported = async () => {
      const run = curfew(['audit', 'export', '--format', 'ocsf'], environment)
      const code = await run.exited
      return { code, lines: run.lines }
    }
    const { code, lines } = await eventually(
      exported,
      (now) => now.lines.filter((line) => line.includes('"grant.taken"')).length === 2,
      30_000,
    )
    expect(code).toBe(0)
    const { faults, judged } = await judgedByOcsf(lines.map((line) => `${line}\n`).join(''), '1.6.0')
    expect([faults, judged]).toEqual([[], lines.length])
    const events = lines.map((line) => event.parse(JSON.parse(line)))
    expect(events.map(({ metadata }) => metadata.sequence)).toEqual(lines.map((_, i) => i + 1))
    const told = events.map(({ metadata, class_uid, activity_name, actor, status_detail }) =>
      [
        metadata.event_code,
        class_uid,
        activity_name,
        actor.user?.full_name ?? actor.app_name,
        ...(metadata.event_code === 'grant.end' ? [status_detail?.split(':')[0]] : []),
      ].join(', '),
    )
    expect(told).toEqual(
      expect.arrayContaining([
        'grant.asked, 3004, Create, Riley',
        'grant.approved, 3004, Update, Ada',
        'grant.given, 3005, Assign Privileges, Curfew',
        'grant.confirmed, 3002, Logon, Riley',
        'grant.end, 3004, Deactivate, Curfew, offboarded',
        'grant.taken, 3005, Revoke Privileges, Curfew',
      ]),
    )
  },
  120_000,
)
