import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startFleetStandin } from '../standin/fleet/server.ts'
import { aHost } from '../standin/fleet/hosts.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { anIdentityProvider } from '../support/identity-provider.ts'
import { startNetmakerStandIn } from '../support/netmaker.ts'
import { hasPostgres } from '../support/postgres.ts'
import { aKey } from '../support/ring.ts'
import { aWarehouseDatabase } from '../support/warehouse-database.ts'
import { aMachineKey, fine, iso, sends } from '../web/devices/listening.ts'
import type { Person } from '../workspace/people/person.ts'
import type { Channel } from '../workspace/state/directory.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { scimAccessTo } from './a-company.ts'
import { aReason, asks, eventually, patient, wrongWith } from './acts.ts'
import { aPhone, enrols, publicUrl, type Phone } from './a-phone.ts'
import { linkBehind } from './link-behind.ts'
import { asksWeekly, nextMinute } from './weekly.ts'

/** `examples/whole-company` as one deployment, lived for a day: its files, on the systems that they name. */

const folder = 'examples/whole-company'
const slow = { withinMs: 40_000 }
const minute = { withinMs: 90_000 }
const testOnPostgres = hasPostgres(18) ? test : test.skip

/** The example as it is written, but for where its systems and channels are. */
async function filesWith(replaced: readonly (readonly [string, string])[]): Promise<Record<string, string>> {
  const names = await readdir(folder)
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      replaced.reduce((text, [from, to]) => text.replaceAll(from, to), texts[i] ?? ''),
    ]),
  )
}

async function aCompany() {
  const ofNow = { detail_updated_at: iso(), policy_updated_at: iso(), seen_time: iso() }
  const laptopOf = (id: number, name: string) =>
    aHost(id, {
      ...ofNow,
      computer_name: `${name}-mac`,
      display_name: `${name}-mac`,
      device_mapping: [{ email: `${name}@acme.example`, source: 'mdm_idp_accounts' }],
    })
  const fleet = await startFleetStandin([laptopOf(1, 'ada'), laptopOf(2, 'sam')])
  afterThis(() => fleet.stop())
  const netmaker = await startNetmakerStandIn()
  afterThis(() => netmaker.stop())
  await netmaker.order({ do: 'network', network: 'office' })
  const clients = ['ada-acme-example', 'riley-contractor-example']
  await netmaker.clients(
    'office',
    clients.map((clientid) => ({ clientid, enabled: false })),
  )
  const roles = ['reports_read', 'raw_read', 'raw_write']
  const warehouse = await aWarehouseDatabase(roles, ['ada', 'sam', 'kim'])
  afterThis(() => warehouse.stop())
  const example = await filesWith([
    ['https://fleet.acme.example', fleet.url],
    ['https://api.nm.acme.example', netmaker.url],
    ['postgres://curfew@warehouse.acme.example/postgres', warehouse.curfewUrl],
  ])
  const channels = new Map<string, Channel>()
  const stage = await aStage({
    transport: 'http',
    catalog: ({ riley, ada, sam, kim }, workspace) => {
      const placed = (text: string) =>
        text.replace(/C0123[A-Z]+/g, (written) => {
          const name = written.slice(5).toLowerCase()
          const channel =
            channels.get(name) ?? workspace.addChannel({ name, app: true, members: [ada, sam, kim, riley] })
          channels.set(name, channel)
          return channel.id
        })
      return Object.fromEntries(Object.entries(example).map(([name, text]) => [name, placed(text)]))
    },
    env: {
      CATALOG_VARIABLES: 'OFFICE_*, WAREHOUSE_*',
      OFFICE_FLEET_TOKEN: fleet.token,
      OFFICE_NETMAKER_TOKEN: await netmaker.aToken('curfew'),
      WAREHOUSE_PASSWORD: warehouse.curfewPassword,
    },
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  const okta = anIdentityProvider(await scimAccessTo(stage, 'okta'))
  return {
    stage,
    okta,
    fleet,
    warehouse,
    channel: (name: string): Channel => {
      const found = channels.get(name)
      if (found === undefined) throw new Error(`the example has no channel ${name}`)
      return found
    },
    /** Whom the network lets in right now. */
    inside: async () =>
      (await netmaker.tell()).clients.filter(({ enabled }) => enabled).map(({ clientid }) => clientid),
  }
}
type Company = Awaited<ReturnType<typeof aCompany>>

const ofCompany = (person: Person) => ({ name: person.account.name, email: person.account.email ?? '' })

/** Who works here, as the directory says it. */
async function hiresAll({ okta, stage: { riley, ada, sam, kim } }: Company) {
  const ids = { kim: await okta.hires(ofCompany(kim)), sam: await okta.hires(ofCompany(sam)) }
  const more = {
    ada: await okta.hires(ofCompany(ada)),
    riley: await okta.hires({ ...ofCompany(riley), manager: ids.sam }),
  }
  for (const [group, members] of [
    ['employees', [ids.kim, ids.sam, more.ada]],
    ['netops', [ids.sam]],
    ['data', [more.ada]],
    ['data-leads', [ids.sam, ids.kim]],
    ['sales', [ids.sam]],
    ['contractors', [more.riley]],
  ] as const)
    await okta.makesGroup(group, members)
  return { ...ids, ...more }
}

async function hasPhone(stage: Stage, person: Person): Promise<Phone> {
  const phone = aPhone(stage)
  await person.opensHome()
  await person.seesHome('Add a way to confirm', slow)
  await person.clicks('Add a way to confirm', 'home')
  await enrols(stage, person, phone, await linkBehind(person, 'Add a way…'))
  await person.closesModal()
  return phone
}

/** The link that a press led to, confirmed. */
async function confirms(person: Person, phone: Phone): Promise<string> {
  const link = await linkBehind(person, 'Confirm…')
  await person.closesModal()
  return (await phone.confirms(link)).text
}

const are = (look: () => Promise<readonly string[]>, ...names: string[]) =>
  eventually(
    async () => [...(await look())].sort().join(),
    (now) => now === names.sort().join(),
    slow.withinMs,
  )

/** Riley's own machine, of which Fleet knows nothing, by its own key. */
async function enrolsOwn({ stage }: Company, person: Person) {
  await person.opensHome()
  await person.seesHome('Add a device…', slow)
  await person.clicks('Add a device…', 'home')
  const { text } = await person.modal(/curfew-report enrol/, patient)
  await person.closesModal()
  const [code = ''] = /\b[A-Z0-9]{5}-?[A-Z0-9]{5}\b/.exec(text) ?? []
  const url = `http://127.0.0.1:${stage.app.port}`
  const { privateKey, publicKey } = aMachineKey()
  const enrolled = await sends(url, 'enrol', {
    message: { code, publicKey, at: iso(), body: fine },
    key: privateKey,
  })
  expect(enrolled.status).toBe(201)
  let counter = 0
  return async (attributes: object): Promise<void> => {
    const body = { ...fine, attributes: { ...fine.attributes, ...attributes } }
    const message = { device: enrolled.answer['device'], counter: ++counter, at: iso(), body }
    expect((await sends(url, 'report', { message, key: privateKey })).status).toBe(200)
  }
}

testOnPostgres(
  'a day of the whole company: by session, by rule, by approval and by the week; from fit machines, while they work there',
  async () => {
    const company = await aCompany()
    const { stage, okta, warehouse, channel, inside } = company
    const { riley, ada, sam, kim, workspace } = stage
    const [devices, visitors] = [channel('devices'), channel('visitors')]
    const ids = await hiresAll(company)

    // Fleet's machines turn up, and Kim lets them count; Sam holds the reports by rule from then on. Heard of before their
    // owners were hired, they are found to be theirs by the look of each minute.
    for (const name of ['ada-mac', 'sam-mac'])
      await kim.clicks('Approve', await kim.sees(new RegExp(`New device.*${name}`, 's'), devices, minute))
    await are(() => warehouse.holders('reports_read'), 'sam')

    // Ada works: the network for the day by her fingerprint, raw data by a rule. No admin.
    const phone = await hasPhone(stage, ada)
    await ada.runs('/request-access office-net daily')
    await ada.modal('No review needed', slow)
    await ada.submits()
    expect(await confirms(ada, phone)).toMatch(/You have For the day on Office network/)
    await asks(ada, 'warehouse raw')
    await are(inside, 'ada-acme-example')
    await are(() => warehouse.holders('raw_read'), 'ada')

    // Riley comes: on a machine of their own, for a visit, which both they and Sam confirm; and every week.
    const says = await enrolsOwn(company, riley)
    await kim.clicks('Approve', await kim.sees(/New device.*riley-laptop/s, devices, slow))
    await kim.sees(/approved riley-laptop/, devices, slow)
    const [rileys, sams] = [await hasPhone(stage, riley), await hasPhone(stage, sam)]
    const reason = aReason()
    await asks(riley, 'visitors visit', reason)
    await confirms(riley, rileys)
    const card = await sam.sees(reason, visitors, slow)
    await sam.clicks('Approve 8 h', card)
    expect(await confirms(sam, sams)).toMatch(/You approved For a visit/)
    await are(inside, 'ada-acme-example', 'riley-contractor-example')
    const weekly = aReason()
    await asksWeekly(riley, 'visitors weekly', nextMinute(3_600_000), { reason: weekly })
    await sam.sees(weekly, visitors, slow)

    // The firewall of their machine is off: the door closes, and they read what to do.
    await says({ firewall: false })
    await are(inside, 'ada-acme-example')
    await riley.sees(/ended.*Turn on the firewall/s, 'dm', slow)

    // Ada's machine is revoked: the network and the data are gone, whatever grace there is.
    await kim.opensHome()
    await kim.seesHome('Look somebody up', slow)
    await kim.clicks('Look somebody up…', 'home')
    await kim.modal('Whom?', slow)
    await kim.chooses('Whom?', ada.id)
    await kim.submits()
    await kim.modal(/ada-mac/, slow)
    await kim.clicks('Revoke', 'modal', { confirm: true })
    await are(inside)
    await are(() => warehouse.holders('raw_read'))

    // Sam leaves: what was held by rule goes with them.
    await okta.sets(ids.sam, false)
    await are(() => warehouse.holders('reports_read'))
    expect(wrongWith(workspace)).toEqual([])
  },
  240_000,
)
