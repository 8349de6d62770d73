import type { HomeView, KnownBlock } from '@slack/types'
import { boundedMap } from '../../bounded-map.ts'
import { z } from 'zod'
import { findEntitlement } from '../../domain/catalog.ts'
import type { Grant } from '../../domain/grant.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { isTheirs, type PreApproval } from '../../domain/pre-approval.ts'
import { isAnyAdmin, lookedAfterBy } from '../../operations/admins.ts'
import { isHelper } from '../../operations/confirm/help.ts'
import { isDeviceAdmin } from '../../operations/devices/answer-device.ts'
import { mayHaveMore } from '../../operations/extend.ts'
import { waitingFor } from '../../operations/waiting-for.ts'
import type { World } from '../../operations/world.ts'
import { section } from '../words/blocks.ts'
import { mostOver, renderHome, type HomeAbout, type Pages } from './home-sections.ts'
import type { Parts } from '../parts.ts'
import { homeActions } from './home-actions.ts'
import { listenToOwnDevices, ownDevicesOf, reportersOf } from './own-devices.ts'
import { listenToOwnWays, ownWaysOf } from './own-ways.ts'
import { parseAct, parseHomeOpened } from './home-payloads.ts'
import { parseClick } from '../wire/payloads.ts'
import { openRequest } from '../asking/request-modal.ts'
import { refusalWords } from '../words/refusal-words.ts'
import { refuse } from '../../domain/refusal.ts'
import { waitingTimes } from '../../domain/waiting-times.ts'
import { recentlyAsked } from '../looking-after/waiting-times.ts'
import type { AskedRow } from '../../domain/ports/grant-records.ts'
import { tellClicker } from '../replies/answer-click.ts'

/**
 * The Home tab: what somebody holds and waits for, what waits for them, and what they must look after. Published when
 * it is opened, and after the viewer's own acts while it may still be open; nobody else's acts redraw it.
 */

/** How long after opening it somebody is taken to have it before them still. */
const openForMs = 3_600_000

const pagesSchema = z.record(z.string(), z.int().min(0).max(10_000)).catch({})

export function listenToHome(parts: Parts): void {
  const { app, log } = parts
  const openedAt = boundedMap<number>(10_000)
  const asked = recentlyAsked(parts.records)
  listenToOwnWays(parts)
  listenToOwnDevices(parts)

  const show = async (userId: string, pages: Pages = {}): Promise<void> => {
    try {
      await parts.clients.background.views.publish({
        user_id: userId,
        view: await homeOf(parts, userId, pages, asked),
      })
    } catch (error) {
      log.warn('could not show a Home tab', { userId, error })
    }
  }

  app.event('app_home_opened', async ({ body }) => {
    const opened = parseHomeOpened(body)
    if (opened.tab !== 'home') return
    openedAt.set(opened.userId, parts.world.clock.monotonicMs())
    await show(opened.userId)
  })

  // After whatever listens to it: by then the act is written.
  app.use(async ({ body, next }) => {
    await next()
    const act = parseAct(body)
    if (act === null || !['block_actions', 'view_submission'].includes(act.type)) return
    const sinceMs = parts.world.clock.monotonicMs() - (openedAt.get(act.userId) ?? -Infinity)
    if (act.isOnHome || sinceMs < openForMs) await show(act.userId, pagesSchema.parse(act.pages))
  })

  app.action(homeActions.request, async ({ ack, body }) => {
    const click = parseClick(body)
    const { userId, triggerId } = click
    const tell = tellClicker(parts, click)
    await Promise.all([ack(), openRequest(parts, { userId, triggerId, text: '', tell })])
  })
  // The page asked for is in what was clicked; the redrawing above does the rest.
  app.action(new RegExp(`^${homeActions.page}:`), async ({ ack }) => ack())
}

type Asked = ReturnType<typeof recentlyAsked>

async function homeOf(parts: Parts, userId: string, pages: Pages, asked: Asked): Promise<HomeView> {
  const facts = await parts.directory.facts(userId)
  if (facts === 'unknown') return saying('Slack does not say now who you are. Please come back in a minute.')
  if (facts.isExternal) return saying(refusalWords(refuse('external')))
  return renderHome(await aboutHome(parts, facts, asked), pages)
}

const saying = (words: string): HomeView => ({
  type: 'home',
  blocks: [section(words)] satisfies KnownBlock[],
})

async function aboutHome(parts: Parts, facts: PersonFacts, asked: Asked): Promise<HomeAbout> {
  const { world } = parts
  const catalog = world.catalog()
  const now = world.clock.now()
  const [open, over, forMe, kept, promised, promisedMe, promisedByOthers, ways, reporters] =
    await Promise.all([
      world.grants.openOf(facts.person.id),
      world.grants.latestOver(facts.person.id, mostOver),
      waitingFor(world, facts),
      keptBy(parts, facts),
      world.preApprovals.byApprover(facts.person.id, now),
      world.preApprovals.forSubject(facts.person.id, now),
      promisedWhereAdmin(world, facts),
      ownWaysOf(parts, facts.person),
      reportersOf(parts, facts.person),
    ])
  const more = await Promise.all(
    open.map(async (grant) => [grant.id, await mayHaveMore(world, grant, facts)] as const),
  )
  return {
    world,
    now,
    devices: ownDevicesOf(parts, facts, reporters),
    more: new Map(more),
    promised,
    promisedMe,
    promisedByOthers,
    waits: isAnyAdmin(catalog, facts) ? waitingTimes(await asksOf(world, facts, await asked(world))) : [],
    open,
    over,
    forMe,
    kept,
    catalogFault: isAnyAdmin(catalog, facts) ? parts.catalogFault() : null,
    mayLookUp: isAnyAdmin(catalog, facts) || isHelper(catalog, facts) || isDeviceAdmin(catalog, facts),
    ways,
  }
}

/** What is or will be held where this person is an admin, also of what left the catalog. */
async function keptBy({ world, records }: Parts, facts: PersonFacts): Promise<Grant[]> {
  if (!isAnyAdmin(world.catalog(), facts)) return []
  const owed = await records.owed()
  // By rule, thousands may hold something: only what is late is worth a row.
  const shown = owed.filter(({ isStanding, status }) => !isStanding || status !== 'active')
  return lookedAfterBy(world, facts, shown)
}

/** What others approved ahead where this person is an admin, who may stop it. */
async function promisedWhereAdmin(world: World, facts: PersonFacts): Promise<PreApproval[]> {
  if (!isAnyAdmin(world.catalog(), facts)) return []
  const running = await world.preApprovals.running(world.clock.now())
  return lookedAfterBy(
    world,
    facts,
    running.filter((one) => !isTheirs(one, facts)),
  )
}

/** What was asked for where they are an admin; nobody waits any more for what left the catalog. */
const asksOf = (world: World, facts: PersonFacts, asked: readonly AskedRow[]): Promise<AskedRow[]> => {
  const catalog = world.catalog()
  const named = asked.filter(
    ({ resource, entitlement }) => findEntitlement(catalog, resource.id, entitlement.id) !== null,
  )
  return lookedAfterBy(world, facts, named)
}
