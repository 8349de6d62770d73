import { setTimeout as sleep } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import mongoose from 'mongoose'
import { z } from 'zod'
import { mongoPeople } from '../../src/mongo/people.ts'
import type { Workspace } from '../../test/workspace/workspace.ts'
import { writeActiveGrants, type Holder } from './active-grants.ts'
import { benchSystem } from './catalog.ts'
import type { Part } from './part.ts'
import { aProvider, userNameOf } from './provider.ts'
import type { Bench } from './run-bench.ts'

/** The most that Entra sends in a second. */
const perSecond = 25
const patienceMs = 20_000
/** Who is who is found out by the look of each minute. */
const matchingMs = 90_000
/** A look at everybody may still be under way when the last was written. */
const settleMs = 5_000

const told = z.object({
  calls: z.array(z.object({ action: z.string(), principal: z.string(), atMs: z.number() })),
})

/**
 * Everybody who holds something is deactivated, one after the other at the pace of a provider. Times are from the request
 * being sent to the take of what that person held arriving at the system, by the machine's clock.
 */
export async function leave(
  bench: Bench,
  about: {
    server: { url: string; token: string }
    /** Accounts in Slack, and ids of the same people in SCIM. */
    people: readonly { id: string }[]
    users: readonly string[]
    database: string
    target: Part
    workspace: Workspace
    channel: { id: string }
  },
): Promise<{ tookMs: number[]; missing: number }> {
  const { server, people, users, database, target, workspace, channel } = about
  const connection = await mongoose
    .createConnection(database, { autoIndex: false, writeConcern: { w: 1 } })
    .asPromise()
  bench.atEnd(() => connection.close())
  const seen = mongoPeople(connection)
  const holders = await Promise.all(
    people.map(async ({ id: userId }, i): Promise<Holder> => {
      const { teamId } = workspace
      const person = await seen.seen({ teamId, userId }, { name: `Person ${i}`, email: userNameOf(i) })
      return { principal: `person-${i}`, userId, teamId, personId: person.id }
    }),
  )
  const slack = new WebClient(workspace.botToken, { slackApiUrl: workspace.apiUrl })
  const { ts = '' } = await slack.chat.postMessage({ channel: channel.id, text: 'A request' })
  await target.ask({ what: 'hold', principals: holders.map(({ principal }) => principal) })
  const endsAt = new Date(Date.now() + 3_600_000)
  await writeActiveGrants(connection, {
    holders,
    system: benchSystem,
    endsAt,
    posted: { channel: channel.id, ts },
  })
  const matched = () => connection.collection('scim_links').countDocuments({ isCurrent: true })
  const giveUpAtMs = Date.now() + matchingMs
  while ((await matched()) < holders.length) {
    if (Date.now() > giveUpAtMs) throw new Error('not everybody is matched with who they are in SCIM')
    await sleep(500)
  }
  await sleep(settleMs)

  const provider = aProvider(server, perSecond)
  bench.atEnd(() => provider.close())
  const sentAtMs = new Map<string, number>()
  await provider.paced([...holders.entries()], perSecond, async ([i, { principal }]) => {
    sentAtMs.set(principal, Date.now())
    await provider.deactivate(users[i] ?? '')
  })
  const untilMs = Date.now() + patienceMs
  for (;;) {
    const takes = takesIn(await target.ask({ what: 'calls' }))
    if (takes.size < holders.length && Date.now() < untilMs) {
      await sleep(200)
      continue
    }
    const early = [...takes].filter(([principal, atMs]) => atMs < (sentAtMs.get(principal) ?? Infinity))
    if (early.length > 0) throw new Error(`${early.length} lost it before they were deactivated`)
    const tookMs = [...takes].map(([principal, atMs]) => atMs - (sentAtMs.get(principal) ?? NaN))
    return { tookMs, missing: holders.length - takes.size }
  }
}

/** When each person's first take came. */
function takesIn(answer: unknown): Map<string, number> {
  const first = new Map<string, number>()
  for (const { action, principal, atMs } of told.parse(answer).calls) {
    if (action === 'take' && !first.has(principal)) first.set(principal, atMs)
  }
  return first
}
