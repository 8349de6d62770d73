import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Grant } from '../../src/domain/grant.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import type { Log } from '../../src/domain/ports/log.ts'
import type { Stage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import type { Submitted } from '../workspace/people/submits.ts'
import type { Message } from '../workspace/state/messages.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** A reason that nothing else in the test has: the card and the grant are found by it. */
let asked = 0
export const aReason = (): string => `INC-${(asked += 1)}: a customer waits`

/** Asks by the command, sends the form as it was filled in, and says what became of it. */
export async function asks(person: Person, what: string, reason = aReason()): Promise<Submitted> {
  await person.runs(`/request-access ${what} ${reason}`)
  await person.modal('What do you need it for?')
  return person.submits()
}

/** Riley fills in the form for these, and sends it. */
export async function asksForSeveral({ riley }: Stage, names: readonly string[], reason = aReason()) {
  await riley.runs('/request-access')
  await riley.modal('What do you want to access?', patient)
  await riley.clicks('Several at once…')
  await riley.modal('Up to 10. Each is approved by itself.', patient)
  await riley.searches('What do you want to access?', '')
  await riley.chooses('What do you want to access?', names)
  await riley.modal('For how long?', patient)
  await riley.types('What do you need it for?', reason)
  return { reason, submitted: await riley.submits() }
}

/** Riley's request for something on the orders database, and its card as the approvers see it. */
export async function aCard({ riley, ada, orders }: Stage, what = 'orders-db peek 10s'): Promise<Message> {
  const reason = aReason()
  await asks(riley, what, reason)
  return ada.sees(reason, orders, patient)
}

/** On a busy machine everything takes longer; waits end as soon as it is there. */
export const patient = { withinMs: 15_000 }

/** Waits for what no message tells. */
export async function eventually<T, Seen extends T>(
  look: () => Promise<T>,
  isIt: (seen: T) => seen is Seen,
  withinMs?: number,
): Promise<Seen>
export async function eventually<T>(
  look: () => Promise<T>,
  isIt: (seen: T) => boolean,
  withinMs?: number,
): Promise<T>
export async function eventually<T>(
  look: () => Promise<T>,
  isIt: (seen: T) => boolean,
  withinMs = patient.withinMs,
): Promise<T> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (isIt(seen)) return seen
    if (performance.now() > untilMs) {
      throw new Error(`waited ${withinMs} ms in vain; it is ${JSON.stringify(seen)}`)
    }
    await sleep(25)
  }
}

/** Whoever acts, as the app knows them before it has looked: by the id that Slack vouches for. */
export const as = ({ workspace }: Pick<Stage, 'workspace'>, { id, account }: Person): PersonRef => ({
  id: `whoever is ${id}`,
  slack: { teamId: workspace.teamId, userId: id },
  name: account.name,
  email: null,
})

/** What the app's database says of somebody's requests, newest first. */
export async function grantsOf({ app, workspace }: Stage, person: Person): Promise<Grant[]> {
  const facts = await app.world.directory.facts(as({ workspace }, person))
  return facts === 'unknown' ? [] : app.world.grants.latestOf(facts.person.id, 50)
}

export async function onlyGrantOf(stage: Stage, person: Person): Promise<Grant> {
  const [grant, ...others] = await grantsOf(stage, person)
  if (!grant || others.length > 0) throw new Error(`${person.name} has ${others.length + 1} or no grants`)
  return grant
}

/** Writes the catalog and waits until the running app goes by it. */
export async function changeCatalog(stage: Stage, change: (text: string) => string): Promise<void> {
  const { world } = stage.app
  const before = world.catalog().fingerprint
  await editCatalog(stage, change)
  await eventually(
    async () => world.catalog().fingerprint,
    (now) => now !== before,
  )
}

/** Writes the catalog; whether the app takes it is the test's to see. */
export async function editCatalog(stage: Stage, change: (text: string) => string): Promise<void> {
  const now = await readFile(stage.catalogPath, 'utf8')
  const next = change(now)
  if (next === now) throw new Error('the change changes nothing')
  await stage.writeCatalog(next)
}

/** Without this entitlement of the orders database. */
export const without =
  (entitlement: string) =>
  (text: string): string =>
    text.replace(new RegExp(`^ {6}${entitlement}:\\n(?: {8}.*\\n)+`, 'm'), '')

/** What the app logs from now on, beside its own output. */
export function listenToLog(log: Log): { level: string; message: string; fields: unknown }[] {
  const lines: { level: string; message: string; fields: unknown }[] = []
  for (const level of ['error', 'warn'] as const) {
    log[level] = (message, fields) => void lines.push({ level, message, fields })
  }
  return lines
}

/** Everything Slack would not have taken, and every message without words or without blocks: always empty. */
export function wrongWith({ calls, complaints }: Workspace): unknown[] {
  const bare = calls.filter(
    ({ method, args, status }) =>
      (status === 200 || status === 'dropped') &&
      ['chat.postMessage', 'chat.postEphemeral', 'chat.update', 'response_url'].includes(method) &&
      !(args.text && args.blocks),
  )
  return [...complaints, ...bare.map(({ method, args }) => ({ about: method, bare: args }))]
}
