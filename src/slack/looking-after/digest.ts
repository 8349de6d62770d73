import type { WebClient } from '@slack/web-api'
import { digestFor, type Digest, type Left } from '../../domain/digest.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { PersonRef } from '../../domain/person.ts'
import type { GrantRecords } from '../../domain/ports/grant-records.ts'
import type { Log } from '../../domain/ports/log.ts'
import type { SurfaceStore } from '../../domain/ports/surfaces.ts'
import { dateIn, dayOf, instantOf, isZone, weekdayOf } from '../../domain/windows/wall-clock.ts'
import { entitlementsOf, everyAdmin } from '../../operations/admins.ts'
import type { World } from '../../operations/world.ts'
import { section, type Message } from '../words/blocks.ts'
import { bold } from '../words/names.ts'
import type { SlackDirectory } from '../directory/directory.ts'
import { named } from '../words/who.ts'
import { escapeText, plainWords, when, wholeLines } from '../words/mrkdwn.ts'
import { whoIsTold } from './who-is-told.ts'

/** The message of the day: each admin's, by DM, at nine in the morning where they are; never an empty one. */

const HOUR_MS = 3_600_000
const atMs = 9 * HOUR_MS
const mostNamed = 8
const monday = 1

export interface Digests {
  /** Sends to whom it is time for by `now`, once for each day and admin, whichever process does; returns how many it sent. */
  send(world: World, now: Date): Promise<number>
}

export function digests(options: {
  client: WebClient
  directory: SlackDirectory
  surfaces: SurfaceStore
  records: GrantRecords
  log: Log
}): Digests {
  const { client, directory, surfaces, records, log } = options
  /** Of today, those who need not be looked at again by this process. */
  let settled = { date: '', keys: new Set<string>() }

  const noted = (key: string) => ({ key, requestId: key })
  const isFirst = async (key: string): Promise<boolean> => {
    const { row } = await surfaces.lease(noted(key), 60_000)
    return row !== null && row.ts === null
  }
  const deliver = async (userId: string, key: string, digest: Digest): Promise<boolean> => {
    if (!(await isFirst(key))) return false
    const { text, blocks } = messageOf(digest)
    const posted = await client.chat.postMessage({ channel: userId, text: escapeText(text), blocks })
    await surfaces.save(noted(key), { channel: posted.channel ?? userId, ts: posted.ts ?? '' })
    return true
  }

  /** Nothing to tell today: nor will there be later, to this process or another. */
  const keepSilent = async (key: string): Promise<void> => {
    if (await isFirst(key)) await surfaces.save(noted(key), { ts: 'nothing to tell' })
  }

  return {
    send: async (world, now) => {
      const today = dateIn('UTC', now)
      if (settled.date !== today) settled = { date: today, keys: new Set() }
      const due: { userId: string; key: string; from: Date; to: Date; isMonday: boolean }[] = []
      for (const userId of (await whoIsTold(directory, everyAdmin(world.catalog()))).userIds) {
        const facts = await directory.facts(userId)
        if (facts === 'unknown' || !facts.isHere) continue
        const zone = isZone(facts.zone) ? facts.zone : 'UTC'
        const date = dateIn(zone, now)
        const nine = (day: number) => new Date(instantOf(day, atMs, zone))
        const [from, to] = [nine(dayOf(date) - 1), nine(dayOf(date))]
        const key = `digest:${userId}:${date}`
        if (now >= to && !settled.keys.has(key))
          due.push({ userId, key, from, to, isMonday: weekdayOf(dayOf(date)) === monday })
      }
      if (due.length === 0) return 0
      const days = {
        from: new Date(Math.min(...due.map(({ from }) => from.getTime()))),
        to: new Date(Math.max(...due.map(({ to }) => to.getTime()))),
      }
      const [asked, endedByLeaving, held, leftovers, uses] = await Promise.all([
        records.askedOrAnswered(days),
        records.endedByLeaving(days),
        records.owed(),
        world.holds.leftovers(new Date(now.getTime() - HOUR_MS)),
        due.some(({ isMonday }) => isMonday) ? records.lastUses() : null,
      ])
      let sent = 0
      for (const { userId, key, from, to, isMonday } of due) {
        try {
          const facts = await directory.facts(userId)
          if (facts === 'unknown') continue
          const day = { from, to, asked, endedByLeaving, held, leftovers }
          const theirs = await entitlementsOf(world, facts)
          const digest = digestFor(theirs, { ...day, uses: isMonday ? uses : null })
          if (digest === null) await keepSilent(key)
          else if (await deliver(userId, key, digest)) sent++
          settled.keys.add(key)
        } catch (error) {
          log.warn('could not send an admin the message of the day', { userId, error })
        }
      }
      return sent
    },
  }
}

const who = ({ subject }: { subject: PersonRef }): string => named(subject)

export function messageOf({
  left,
  byRule,
  lapsed,
  waitedLongest,
  ending,
  unused,
  leftovers,
}: Digest): Message {
  const total = byRule.reduce((sum, { times }) => sum + times, 0)
  const parts = [
    listed(
      `Left: ${left.length}`,
      left.map((one) => `${plainWords(one.why, 120)}: ${whatEnded(one)}`),
    ),
    listed(
      `Approved by rules: ${total}`,
      byRule.map(({ row, because, times }) => `${times} × ${bold(row)}: ${plainWords(because, 100)}`),
    ),
    listed(
      `Nobody answered in time: ${lapsed.length}`,
      lapsed.map((row) => `${who(row)}: ${bold(row)}`),
    ),
    waitedLongest === null
      ? []
      : [
          `*Waited longest*${waitedLongest.isOver ? '' : ' (and still waits)'}\n• ${who(waitedLongest.row)}: ${bold(waitedLongest.row)}, ${formatDuration(minutes(waitedLongest.forMs))}`,
        ],
    listed(
      `Ending within a day: ${ending.length}`,
      ending.map(
        (grant) => `${who(grant)}: ${bold(grant)}${'endsAt' in grant ? `, ${when(grant.endsAt)}` : ''}`,
      ),
    ),
    listed(
      `Not used for 90 days: ${unused.length}`,
      unused.map((entitlement) => bold({ entitlement, resource: entitlement.resource })),
    ),
    listed(
      `Left over, and opens nothing: ${leftovers.length}`,
      leftovers.map(
        ({ system, principal, leftover }) =>
          `${plainWords(system, 60)}, made for ${plainWords(principal, 100)}: ${plainWords(leftover?.error ?? 'not tried yet', 200)}`,
      ),
    ),
  ].flat()
  return {
    text: 'Access where you are an admin, since yesterday',
    blocks: [
      section(':sunrise: *Access where you are an admin, since yesterday*'),
      ...parts.map((part) => section(part)),
    ],
  }
}

/** "3 ended, all checked; 1 request, 1 series stopped." */
function whatEnded({ ended, unchecked, requests, series }: Left): string {
  const checked = unchecked === 0 ? 'all checked' : `${unchecked} not known to be gone yet`
  const stopped = [
    requests === 0 ? [] : `${requests} ${requests === 1 ? 'request' : 'requests'}`,
    series === 0 ? [] : `${series} series`,
  ].flat()
  return [
    ended === 0 ? [] : `${ended} ended, ${checked}`,
    stopped.length === 0 ? [] : `${stopped.join(', ')} stopped`,
  ]
    .flat()
    .join('; ')
}

function listed(title: string, rows: readonly string[]): string[] {
  if (rows.length === 0) return []
  return [
    wholeLines(
      `*${title}*`,
      rows.map((row) => `• ${row}`),
      { atMost: mostNamed },
    ),
  ]
}

/** Seconds are of no interest by now. */
const minutes = (ms: number): number => Math.max(60_000, Math.round(ms / 60_000) * 60_000)
