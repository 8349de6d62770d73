import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { MongoClient } from 'mongodb'
import type { Log } from '../../src/domain/ports/log.ts'
import { aBillingDatabase, type BillingDatabase } from '../support/billing-database.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aStage, type Stage } from '../support/curfew.ts'
import { hasPostgres } from '../support/postgres.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import type { Page } from '../workspace/people/pages.ts'
import { aReason, asks, eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** What giving makes for its holder is shown to them once, and stands nowhere else. */

const testOnPostgres = hasPostgres(18) ? test : test.skip

const billing = `
  billing-db:
    name: Billing database
    system: billing
    entitlements:
      read:
        name: Read invoices
        target: { role: billing_readers, login: temporary }
        who: '"@contractors" in groups'
        duration: { default: 1h, max: 2h }
`
const systemShownOn = (where: 'modal' | 'page') => `  billing:
    connector: postgres
    url: \${BILLING_URL}
    password: \${BILLING_PASSWORD}
    owner: curfew_owner
    principal: email
    handOver: ${where}
`

/** Riley holds it; what the app logs is heard. */
async function aHolder(where: 'modal' | 'page') {
  const database = await aBillingDatabase([])
  if (database === null) throw new Error('it was there a moment ago')
  afterThis(() => database.stop())
  const heard: string[] = []
  const hears = (...line: unknown[]): void => void heard.push(inspect(line, { depth: 12 }))
  const log: Log = { error: hears, warn: hears, info: hears, debug: hears }
  const stage = await aStage({
    transport: 'http',
    log,
    catalog: (cast) =>
      ordersCatalog(cast).replace('\nresources:', `${systemShownOn(where)}\nresources:`) + billing,
    env: {
      BILLING_URL: database.curfewUrl,
      BILLING_PASSWORD: database.curfewPassword,
      CATALOG_VARIABLES: 'ORDERS_*, BILLING_*',
      PUBLIC_URL: 'https://curfew.example.com',
    },
  })
  const { riley, ada, access } = stage
  const reason = aReason()
  await asks(riley, 'billing-db read', reason)
  await ada.clicks('Approve 1 h', await ada.sees(reason, access, patient))
  await riley.sees(/You have Read invoices/, 'dm', patient)
  return { stage, database, heard }
}

/** What stands below this label. */
function textBelow(text: string, label: string): string {
  const [, below = ''] = text.split(new RegExp(`^${label}$`, 'm'))
  return (
    below
      .split('\n')
      .map((line) => line.replaceAll('`', '').trim())
      .find((line) => line !== '') ?? ''
  )
}

async function looks({ riley }: Stage): Promise<Page> {
  await riley.clicks('Show the password', await riley.sees(/You have Read invoices/, 'dm', patient))
  return riley.modal('Shown once', patient)
}

const doorBy = (database: BillingDatabase, { text }: Page) =>
  database.tryDoor(textBelow(text, 'User name'), textBelow(text, 'Password'))

async function databaseOf({ environment }: Stage): Promise<string> {
  const client = await new MongoClient(environment['MONGODB_URI'] ?? '').connect()
  try {
    const db = client.db()
    const collections = await db.listCollections().toArray()
    const all = await Promise.all(collections.map(({ name }) => db.collection(name).find().toArray()))
    return inspect(all, { depth: 20, maxArrayLength: null, maxStringLength: null })
  } finally {
    await client.close()
  }
}

testOnPostgres(
  'a password is made when its holder asks to see it, shown to them once, and dead when the time is up',
  async () => {
    const { stage, database, heard } = await aHolder('modal')
    const { riley, workspace } = stage

    const first = await looks(stage)
    const opened = await doorBy(database, first)
    await riley.closesModal()
    const second = await looks(stage)
    const later = [await doorBy(database, first), await doorBy(database, second)]
    await riley.closesModal()
    await riley.sees(/The password was shown/, 'dm', patient)
    const { history } = await onlyGrantOf(stage, riley)
    await riley.clicks("I'm done", await riley.sees(/You have Read invoices/, 'dm', patient), {
      confirm: true,
    })
    await riley.sees(/checked, it is gone/, 'dm', patient)
    const after = await doorBy(database, second)
    const left = await eventually(
      () => database.madeLogins(),
      (logins) => logins.length === 0,
    )

    expect(opened).toEqual({ isOpen: true, says: '2 invoices' })
    expect(later.map(({ isOpen }) => isOpen)).toEqual([false, true])
    expect(history.filter(({ type }) => type === 'shown')).toEqual([
      expect.objectContaining({ on: 'modal' }),
      expect.objectContaining({ on: 'modal' }),
    ])
    expect(after.isOpen).toBe(false)
    expect(left).toEqual([])
    const everything =
      heard.join('\n') +
      (await databaseOf(stage)) +
      inspect(
        workspace.calls.filter(({ method }) => !method.startsWith('views.')),
        { depth: 20 },
      )
    for (const page of [first, second]) {
      const password = textBelow(page.text, 'Password')
      expect(password.length).toBeGreaterThan(20)
      expect(everything).not.toContain(password)
    }
    expect(wrongWith(workspace)).toEqual([])
  },
  90_000,
)

testOnPostgres(
  'on a page that Slack does not see it is shown by one click of its link, once, and looking uses nothing up',
  async () => {
    const { stage, database, heard } = await aHolder('page')
    const { riley, workspace } = stage
    const linkFrom = async (): Promise<string> => {
      await riley.clicks('Show the password', await riley.sees(/You have Read invoices/, 'dm', patient))
      const { view } = await riley.modal('Open the page', patient)
      await riley.closesModal()
      return /"url":"([^"]+)"/.exec(JSON.stringify(view))?.[1] ?? ''
    }
    const visit = async (link: string, method: string, body?: URLSearchParams) => {
      const response = await fetch(link, { method, ...(body ? { body } : {}) })
      return { status: response.status, headers: response.headers, text: await response.text() }
    }
    const passwordOn = (text: string) => /Password<\/h2>\s*<pre>([^<]+)</.exec(text)?.[1] ?? ''
    const userOn = (text: string) => /User name<\/h2>\s*<pre>([^<]+)</.exec(text)?.[1] ?? ''

    const link = await linkFrom()
    const looked = [await visit(link, 'HEAD'), await visit(link, 'GET'), await visit(link, 'GET')]
    const [one, other] = await Promise.all([visit(link, 'POST'), visit(link, 'POST')])
    const [shown, refused] = one.status === 200 ? [one, other] : [other, one]
    const opened = await database.tryDoor(userOn(shown.text), passwordOn(shown.text))
    const again = await visit(link, 'GET')
    const unknown = await visit(
      link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      'POST',
    )
    const odd = [await visit(link, 'DELETE'), await visit(link.replace('/show/', '/show/../'), 'GET')]
    const late = await linkFrom()
    await riley.clicks("I'm done", await riley.sees(/You have Read invoices/, 'dm', patient), {
      confirm: true,
    })
    await riley.sees(/checked, it is gone/, 'dm', patient)
    const afterEnd = await visit(late, 'POST')

    expect(looked.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(looked[1]?.text).toMatch(
      /For <b>Riley[^<]*<\/b>: <b>Read invoices<\/b> on <b>Billing database<\/b>/,
    )
    const { headers } = shown
    expect(headers.get('cache-control')).toBe('no-store')
    for (const part of ['style', 'script']) {
      const [, inside = ''] = new RegExp(`<${part}>([^]*?)</${part}>`).exec(shown.text) ?? []
      const hash = createHash('sha256').update(inside).digest('base64')
      expect(headers.get('content-security-policy')).toContain(`${part}-src 'sha256-${hash}'`)
    }
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect([shown.status, refused.status]).toEqual([200, 410])
    expect(opened).toEqual({ isOpen: true, says: '2 invoices' })
    for (const { status, text } of [again, unknown, afterEnd]) {
      expect(status).toBe(410)
      expect(passwordOn(text)).toBe('')
    }
    expect(odd.map(({ status }) => status)).toEqual([405, 404])
    expect((await onlyGrantOf(stage, riley)).history.filter(({ type }) => type === 'shown')).toEqual([
      expect.objectContaining({ on: 'page' }),
    ])
    const everything = heard.join('\n') + (await databaseOf(stage)) + inspect(workspace.calls, { depth: 20 })
    expect(everything).not.toContain(passwordOn(shown.text))
    const ticket = link.split('/').at(-1) ?? ''
    expect(heard.join('\n') + (await databaseOf(stage))).not.toContain(ticket)
    expect(wrongWith(workspace)).toEqual([])
  },
  90_000,
)
