import fc from 'fast-check'
import { aStage, type Stage } from '../support/curfew.ts'
import { signed } from '../support/devices-server.ts'
import { hostile, markedIn, works } from '../support/hostile.ts'
import { anIdentityProvider } from '../support/identity-provider.ts'
import { bare } from '../support/page-browser.ts'
import { aKey, written } from '../support/ring.ts'
import type { Person } from '../workspace/people/person.ts'
import { scimAccessTo } from './a-company.ts'
import { withSession } from './a-confirmer.ts'
import { aGate, gateCatalog } from './a-gate.ts'
import { aPhone, publicUrl } from './a-phone.ts'
import { patient, wrongWith } from './acts.ts'
import { curfew, type AppProcess } from './app-process.ts'
import { linkBehind } from './link-behind.ts'

/** Whatever people, directories and devices call themselves or write, wherever it can be written, wherever it is shown. */

/** The same each time; each says which it is, so that it can be waited for. */
function* texts(): Generator<string, never> {
  const all = fc.sample(hostile, { seed: 20_261_128, numRuns: 500 })
  for (let n = 0; ; n += 1) yield `nr${n} ${all[n % all.length] ?? ''}`
}

interface Day {
  readonly stage: Stage
  readonly app: AppProcess
  readonly next: () => string
  readonly environment: Readonly<Record<string, string>>
}

const mdmSecret = 'whsec_c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ=='

async function aDay(): Promise<Day> {
  const numbered = texts()
  const next = () => numbered.next().value
  const gate = await aGate()
  const stage = await aStage({
    transport: 'http',
    started: false,
    env: gate.env,
    catalog: (cast) =>
      gateCatalog(cast, {
        duration: '10m',
        more: `        extend: { max: 3, by: 5m, after: 0%, review: true }\n        breakGlass: { max: 10m }\n${withSession()}`,
      })
        .replace('\ndefaults:', `${devices(cast.orders.id)}\ndefaults:`)
        .replace('Open the gate', hostileLine)
        .replace('name: The gate\n', `name: ${hostileLine}\n`),
    confirming: { keys: [aKey('k1')], publicUrl },
  })
  const environment = {
    ...stage.environment,
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: 'debug',
    AUDIT_KEYS: written(aKey('a1')),
  }
  const app = curfew(['start'], environment)
  await app.says('curfew is running', 60_000)
  return { stage, app, next, environment }
}

/** What the owner of a catalog can call something: one line, and no longer than it may be. */
const hostileLine = JSON.stringify('<!channel|evil> *evil* <https://evil.example|x> `"=1+1')
const devices = (channel: string) => `
devices:
  channel: ${channel}
  admins: [kim@acme.example]
  sources:
    mdm: { kind: webhook, secret: "${mdmSecret}", owner: proven }
  fit:
    fit: { when: 'device.firewall' }
`

const call = (person: Person, { workspace }: Stage, name: string): void => {
  person.account.name = name
  person.account.realName = name
  workspace.personChanged(person)
}

const delivers = async ({ environment }: Stage, device: object): Promise<number> => {
  const body = JSON.stringify(device)
  const { status } = await fetch(`http://127.0.0.1:${environment['PORT']}/devices/mdm`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signed(body, { secrets: [mdmSecret] }) },
    body,
  })
  return status
}

/** Blocks and views are sent as JSON. */
const read = (value: unknown): unknown =>
  typeof value === 'string' && /^[[{]/.test(value) && isJson(value) ? JSON.parse(value) : value

/** All that Slack was sent as words: what is marked, and what stands around blocks. */
function wordsSent({ workspace }: Stage) {
  const isMessage = /^(?:chat\.|response_url)/
  return {
    marked: workspace.calls.flatMap(({ args }) => markedIn(Object.values(args).map(read))),
    around: workspace.calls.flatMap(({ method, args: { text } }) =>
      isMessage.test(method) && typeof text === 'string' ? [text] : [],
    ),
  }
}

test('nothing that anybody writes mentions, links, formats, breaks a page, a spreadsheet, a log or a message', async () => {
  const day = await aDay()
  const { stage, app, next, environment } = day
  const { riley, ada, kim, sam, orders, workspace } = stage
  const okta = anIdentityProvider(await scimAccessTo(stage, 'okta'))
  const phone = aPhone(stage)
  const pages: string[] = []
  const statuses: number[] = []

  for (let round = 0; round < 8; round += 1) {
    // People call themselves so, the directory calls them and their groups so, and so do their devices.
    for (const person of [riley, ada]) call(person, stage, next())
    const member = await okta.send('POST', '/Users', {
      userName: `${next()}@acme.example`,
      displayName: next(),
      name: { formatted: next() },
      emails: [{ value: 'sam@acme.example', primary: true }],
      title: next(),
    })
    const group = await okta.send('POST', '/Groups', { displayName: next(), members: [{ value: next() }] })
    statuses.push(member.status, group.status)
    statuses.push(
      await delivers(stage, {
        sourceId: `laptop-${round}`,
        at: new Date().toISOString(),
        name: next().slice(0, 190),
        serial: next().slice(0, 100),
        owner: 'riley@contractor.example',
        attributes: { firewall: true, [next().slice(0, 90)]: next() },
        policies: { [next().slice(0, 190)]: { result: 'fail', remedy: next().slice(0, 900) } },
      }),
    )

    // A command with it, and the form with it: asked for, denied with a note, or approved and given back.
    await riley.runs(`/request-access ${next()}`)
    await riley.modal(/./, patient)
    await riley.closesModal()
    const reason = next()
    const [number = ''] = /^nr\d+/.exec(reason) ?? []
    await riley.runs(`/request-access gate open ${next()}`)
    await riley.modal('What do you need it for?', patient)
    await riley.types('What do you need it for?', reason.slice(0, 500))
    expect(['closed', 'cleared']).toContain((await riley.submits()).outcome)
    const card = await ada.sees(new RegExp(`${number}\\b`), orders, patient)
    const cardSays = (words: string) =>
      ada.sees(new RegExp(`^(?=[^]*${number}\\b)(?=[^]*${words})`), orders, patient)
    if (round % 2 === 0) {
      await ada.clicks('Deny…', card)
      await ada.modal('They will read this.', patient)
      await ada.types('Why?', next().slice(0, 500))
      await ada.submits()
      await cardSays('[Dd]enied')
    } else {
      await ada.clicks('Approve 10 min', card)
      await ada.clicks('End now', await cardSays('Active until'), { confirm: true })
      await cardSays('gone')
    }
    if (round === 0) await kim.clicks('Approve', await kim.sees('New device', orders, patient))

    // At home, and on a page that says for whom it is.
    for (const person of [riley, ada, kim, sam]) await person.opensHome()
    await riley.seesHome('Add a way to confirm', patient)
    await riley.clicks('Add a way to confirm', 'home')
    const link = await linkBehind(riley, 'Add a way…')
    await riley.closesModal()
    pages.push((await phone.opens(link)).html, (await phone.sends(`${link}/code`, { code: next() })).html)
  }

  expect(statuses.filter((status) => status >= 500)).toEqual([])
  // In Slack nothing of it works, and no part of it is read as an address.
  const { marked, around } = wordsSent(stage)
  expect(marked.filter(({ text }) => text.includes('evil')).length).toBeGreaterThan(30)
  expect([...marked.map(({ text }) => text), ...around].filter((text) => works.test(text))).toEqual([])
  expect(marked.filter(({ text, verbatim }) => text.includes('evil') && !verbatim)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
  // On pages it is text, and no part of a tag.
  expect(pages.filter((page) => bare(page).includes('evil')).length).toBeGreaterThan(2)
  expect(
    pages.flatMap((page) => bare(page).match(/<[^>]*>/g) ?? []).filter((tag) => /evil/i.test(tag)),
  ).toEqual([])
  // In the log a line is a line, whatever stands in it.
  expect(app.lines.filter((line) => !isJson(line) || hasControls(line))).toEqual([])
  expect(app.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  await isHarmlessWhenExported(environment)
}, 300_000)

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
const hasControls = (text: string): boolean => /[^\P{Cc}\n\t]/u.test(text)

/** What operators read on a terminal, and open in a spreadsheet. */
async function isHarmlessWhenExported(environment: Day['environment']): Promise<void> {
  const said = async (...words: string[]): Promise<string> => {
    const command = curfew(words, environment)
    await command.exited
    return command.lines.join('\n')
  }
  const terminals = [
    await said('people'),
    await said('history', 'riley@contractor.example'),
    await said('who-can', 'gate', 'open'),
    await said('audit', 'verify'),
  ]
  expect(terminals.filter((text) => text.includes('evil')).length).toBeGreaterThan(1)
  expect(terminals.filter(hasControls)).toEqual([])
  const csv = await said('audit', 'export', '--format', 'csv')
  const cells = [...csv.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell)
  expect(cells.length).toBeGreaterThan(200)
  expect(cells.filter((cell) => /^\s*[=+\-@]/.test(cell))).toEqual([])
  const cef = await said('audit', 'export', '--format', 'cef')
  expect(cef.split('\n').filter((line) => !line.startsWith('CEF:0|Curfew|'))).toEqual([])
  const jsonl = await said('audit', 'export', '--format', 'jsonl')
  expect(jsonl.split('\n').filter((line) => !isJson(line))).toEqual([])
}
