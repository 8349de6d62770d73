import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Person } from '../../test/workspace/people/person.ts'
import { startWorkspace, type Workspace } from '../../test/workspace/workspace.ts'
import { benchCatalog, systemVariables } from './catalog.ts'
import { startPart, type Part } from './part.ts'
import { nodeOptions, type Bench } from './run-bench.ts'

export const lastsMs = 16_000
export const warnMs = 9_000
const patience = { withinMs: 60_000 }
export const resources = 20

/** One app, and the local Slack, the server and the people that it works with. */
export interface Lane {
  readonly name: string
  readonly app: Part
  readonly people: readonly Person[]
  readonly calls: Map<string, number>
  live(person: Person, i: number): Promise<void>
}

export type LaneSlack = Awaited<ReturnType<typeof aSlack>>

/** With so many people who may ask; Ada approves what they ask for. */
export async function aSlack(bench: Bench, peopleCount: number) {
  const workspace = await startWorkspace({
    command: '/request-access',
    shortcuts: ['request_access'],
    keepCalls: 1,
    triggerMs: 10_000,
    ackMs: 10_000,
  })
  bench.atEnd(() => workspace.close())
  const channel = workspace.addChannel({ name: 'access', app: true })
  const ada = workspace.addPerson({ name: 'Ada', email: 'ada@acme.example', channels: [channel] })
  const people = Array.from({ length: peopleCount }, (_, i) =>
    workspace.addPerson({ name: `Person ${i}`, email: `person-${i}@acme.example` }),
  )
  workspace.addGroup({ handle: 'engineering', members: people })
  const calls = new Map<string, number>()
  workspace.changes.on('change', (change) => {
    if (change.what !== 'call') return
    calls.set(change.call.method, (calls.get(change.call.method) ?? 0) + 1)
  })
  const liveUntil = async (person: Person, i: number, text: string, end: RegExp) => {
    await person.runs(`/request-access ${text}`)
    await person.modal('What do you need it for', patience)
    const { outcome } = await person.submits()
    if (outcome !== 'cleared') throw new Error(`the form of ${i} was answered ${outcome}`)
    const card = await ada.sees(`life-${i} `, channel, patience)
    await ada.clicks('Approve 16 s', card)
    await person.sees(end, 'dm', patience)
  }
  return { workspace, channel, people, ada, calls, liveUntil }
}

/** Curfew at work in this Slack, by a catalog of its own; started again, it finds what it left. */
export async function curfewWith(
  bench: Bench,
  about: { name: string; slack: LaneSlack; url: string; mongodbUri: string; catalog: string },
): Promise<Part> {
  const { name, catalog, ...rest } = about
  const folder = join(import.meta.dirname, '../../.cache/bench')
  await mkdir(folder, { recursive: true })
  const catalogPath = join(folder, `${name}.yml`)
  await writeFile(catalogPath, catalog)
  return curfewBy(bench, { catalogPath, ...rest })
}

/** The same by a catalog that is written already. */
export async function curfewBy(
  bench: Bench,
  about: { catalogPath: string; slack: LaneSlack; url: string; mongodbUri: string },
): Promise<Part> {
  const { catalogPath, slack, url, mongodbUri } = about
  const app = startPart('curfew-app.ts', nodeOptions())
  bench.atEnd(() => app.stop())
  await app.ask({
    what: 'start',
    ...botOf(slack.workspace),
    mongodbUri,
    catalogPath,
    environment: systemVariables({ url, secret }),
  })
  return app
}

export const rules = (): string =>
  `        duration: { default: ${lastsMs / 1_000}s, max: 1h }\n        warn: ${warnMs / 1_000}s\n`

/** Of all replicas: they are to agree by which catalog they go. */
const secret = `whsec_${randomBytes(32).toString('base64')}`

/** The same, where lives are lived. */
export async function aCurfew(
  bench: Bench,
  { slack, url, mongodbUri }: { slack: LaneSlack; url: string; mongodbUri: string },
): Promise<Lane> {
  const catalog = benchCatalog(slack.channel, { resources, rules: rules() })
  return aLane(slack, await curfewWith(bench, { name: 'cost', slack, url, mongodbUri, catalog }))
}

export function aLane({ people, calls, liveUntil }: LaneSlack, app: Part): Lane {
  const live = (person: Person, i: number) =>
    liveUntil(
      person,
      i,
      `service-${(i % resources) + 1} read ${lastsMs / 1_000}s life-${i} is what this is for`,
      /ended|is over|gone/i,
    )
  return { name: 'curfew', app, people, calls, live }
}

/** The shortest app that does the same on a good day. */
export async function aBareApp(
  bench: Bench,
  { slack, url, mongodbUri }: { slack: LaneSlack; url: string; mongodbUri: string },
): Promise<Lane> {
  const { workspace, channel, people, calls, liveUntil } = slack
  const app = startPart('bare-app.ts')
  bench.atEnd(() => app.stop())
  await app.ask({
    what: 'start',
    ...botOf(workspace),
    mongodbUri,
    url,
    channel: channel.id,
    lastsMs,
    warnMs,
  })
  const live = (person: Person, i: number) =>
    liveUntil(person, i, `life-${i} is what this is for`, /it is gone/)
  return { name: 'bare app', app, people, calls, live }
}

export function botOf({ botToken, appToken, apiUrl }: Workspace) {
  return { botToken, appToken, slackApiUrl: apiUrl }
}
