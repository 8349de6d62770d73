import { OnceMore } from '../../once-more.ts'
import { unlistedGroups, type UnlistedGroup } from './unlisted-groups.ts'
import { followWritten, type Concerned } from './follow-written.ts'
import { recounting } from './recount.ts'
import { lookAtHeld, lookAtPerson, type Look } from './while-held.ts'
import type { World } from '../world.ts'

/** Looks at what is held, each minute and soon after something changed, and says aloud what stays wrong. */
export interface HeldWatch {
  /** Looks now; rejects when it could not. */
  look(): Promise<void>
  /** Looks shortly, once for many calls; at once at whoever is named, who may have left. */
  soon(userId?: string): void
  /**
   * A source of people wrote something of these: whoever left is looked at at once, what the others lack by a rule soon,
   * and everything else once nobody is brought back any more (the catalog's grace).
   */
  soonAbout(people: readonly Concerned[]): void
  /** Resolves when no look is under way any more. */
  stop(): Promise<void>
}

/** Changes that come together are looked at together. */
const soonMs = 300
/** The look of each minute asks Slack anew; one that an event brought about goes by what is known since. */
const freshMs = 5_000
const rememberedMs = 60_000
/** However much changes: between two looks others have their turn. */
const restMs = 1_000
/** Where Slack does not answer about somebody who may have left, it is asked a few times more, and each minute after. */
const againMs = 700
const mostAgain = 5
const inQueue = 'what is held'

/** `tell` says something to the admins of whom it is for, once a day for the same words. */
export function watchHeld(
  world: World,
  {
    tell,
    patienceMs = 600_000,
  }: { tell: (words: string, admins: readonly string[] | null) => void; patienceMs?: number },
): HeldWatch {
  const recounts = recounting(world)
  let timer: NodeJS.Timeout | null = null
  let lookedAtMs = -Infinity
  const unreadableSince = new Map<string, { atMs: number; isTold: boolean }>()
  const missingSinceMs = new Map<string, number>()

  const noteUnreadable = (unreadable: ReadonlySet<string>): void => {
    for (const what of unreadableSince.keys()) if (!unreadable.has(what)) unreadableSince.delete(what)
    const nowMs = world.clock.monotonicMs()
    for (const what of unreadable) {
      const since = unreadableSince.get(what) ?? { atMs: nowMs, isTold: false }
      unreadableSince.set(what, since)
      if (since.isTold || nowMs - since.atMs < patienceMs) continue
      since.isTold = true
      tell(
        `Slack does not say who holds ${what}. Nobody new gets it and nobody loses it until it does.`,
        null,
      )
    }
  }
  const noteFailing = ({ failing }: Look): void => {
    for (const { rule, people } of failing) {
      const names = people.slice(0, 10).map(({ name, why }) => `${name} (${why})`)
      const more = people.length > 10 ? ` and ${people.length - 10} more` : ''
      const what = `${rule.name} on ${rule.resource.name}`
      world.log.warn('cannot give by rule', { entitlement: what, people: people.length, first: names[0] })
      const words = `${people.length} match the rule of ${what} and could not be given it: ${names.join(', ')}${more}.`
      tell(words, rule.admins)
    }
  }
  const noteUnlisted = (groups: readonly UnlistedGroup[]): void => {
    const handles = new Set(groups.map(({ handle }) => handle))
    for (const handle of missingSinceMs.keys()) if (!handles.has(handle)) missingSinceMs.delete(handle)
    const nowMs = world.clock.monotonicMs()
    for (const { handle, alike, entitlements } of groups) {
      const isOfSlack = handle.startsWith('@')
      const sinceMs = missingSinceMs.get(handle) ?? nowMs
      missingSinceMs.set(handle, sinceMs)
      // A directory writes its groups one after the other: what the catalog names may come last.
      if (!isOfSlack && alike.length === 0 && nowMs - sinceMs < patienceMs) continue
      const names = entitlements.slice(0, 5).map(({ name, resource }) => `${name} on ${resource.name}`)
      const more = entitlements.length > 5 ? ` and ${entitlements.length - 5} more` : ''
      world.log.warn('the catalog names a group that is not listed', { group: handle, alike })
      tell(
        `The catalog names ${handle} for ${names.join(', ')}${more}, but ${whyUnlisted(handle, alike)}. Nobody is called by it until the catalog names another.`,
        [...new Set(entitlements.flatMap(({ admins }) => admins))],
      )
    }
  }
  const lookNow = async (maxAgeMs: number): Promise<void> => {
    if (!world.clock.isSure()) await world.clock.sample()
    const look = await lookAtHeld(world, { maxAgeMs })
    // Beside the looks: what must end waits for nobody's yes.
    recounts.soon()
    lookedAtMs = world.clock.monotonicMs()
    noteUnreadable(look.unreadable)
    noteFailing(look)
    noteUnlisted(await unlistedGroups(world))
    unsureLooks = look.isUnsure ? unsureLooks + 1 : 0
    if (look.isUnsure && unsureLooks <= mostAgain) soon()
  }
  let unsureLooks = 0
  let stopped = false
  const isStopped = () => stopped
  /** Whoever asks while one runs is answered by the one after it. */
  const looks = new OnceMore<number>((_, maxAgeMs) => lookNow(maxAgeMs), { merge: Math.min })
  const look = (maxAgeMs: number): Promise<void> => looks.ask('what is held', maxAgeMs)
  function soon(): void {
    if (stopped) return
    const restsForMs = lookedAtMs + restMs - world.clock.monotonicMs()
    timer ??= setTimeout(
      () => {
        timer = null
        look(rememberedMs).catch((error: unknown) =>
          world.log.error('could not look at what is held now', { error }),
        )
      },
      Math.max(soonMs, restsForMs),
    )
  }
  const leavingOf = (userId: string): void =>
    world.queues.start(`${inQueue} by ${userId}`, inQueue, async () => {
      try {
        for (let again = 0; again <= mostAgain; again++) {
          const found = await lookAtPerson(world, userId)
          if (found === 'left') world.log.info('somebody left: what they had ends', { userId })
          if (found !== 'unknown' || isStopped()) return
          await world.clock.sleep(againMs)
        }
      } catch (error) {
        world.log.error('could not look at what somebody holds now', { userId, error })
      }
    })

  const written = followWritten(world, { leaving: leavingOf, soon })
  return {
    look: () => look(freshMs),
    soon: (userId) => {
      soon()
      if (userId !== undefined) leavingOf(userId)
    },
    soonAbout: (people) => written.about(people),
    stop: async () => {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      written.stop()
      await Promise.all([looks.stop(), recounts.stop()])
    },
  }
}

function whyUnlisted(handle: string, alike: readonly string[]): string {
  if (alike.length > 1)
    return `more than one source has, or had, a group of that name: write ${alike.join(' or ')}`
  if (alike.length === 1) return `a group of that name is to be written with its source: ${alike.join()}`
  return handle.startsWith('@')
    ? 'Slack lists no such group: it was renamed or disabled'
    : 'the company directory has no such group: it was renamed there, or is not sent'
}
