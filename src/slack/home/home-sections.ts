import type { Button, HomeView, KnownBlock } from '@slack/types'
import { findEntitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { MayExtend } from '../../domain/extension.ts'
import { isApproved, type Grant, type Pending } from '../../domain/grant.ts'
import type { Known } from '../../domain/person.ts'

import type { PreApproval } from '../../domain/pre-approval.ts'
import type { WaitingTimes } from '../../domain/waiting-times.ts'
import { waitRow } from '../looking-after/waiting-times.ts'
import type { World } from '../../operations/world.ts'
import { button, buttonRow, plain, section, sectionWith } from '../words/blocks.ts'
import { cardButtons } from '../deciding/card.ts'
import { askAgain, callOff, done, withdraw } from '../holding/holder-buttons.ts'
import { bold } from '../words/names.ts'
import { homeActions } from './home-actions.ts'
import { showButton } from '../holding/hand-over.ts'
import { confirmAgain } from '../holding/sessions.ts'
import { extendButton } from '../holding/more-time.ts'
import { when } from '../words/mrkdwn.ts'
import { ownDeviceRows, type OwnDevices } from './own-devices.ts'
import { ownWayRows, type OwnWays } from './own-ways.ts'
import { openWindowsAmong } from '../../operations/windows-of-series.ts'
import { seriesButtons } from '../holding/series.ts'
import { nextWords, patternWords } from '../words/series-words.ts'
import { aheadRow } from '../deciding/pre-approvals.ts'
import { isStillHeld, isLate, statusLine } from '../words/status.ts'
import { askingWords, emailsOf, principalWords, surely } from '../words/who.ts'

/** How the Home tab reads: sections of ten rows, those that are empty left out. */

/** Slack refuses a view with more. */
const mostBlocks = 100
const perPage = 10
/** Of what is over. */
export const mostOver = 10
const ownWaysId = 'ways'
const devicesId = 'devices'

/** The first row that each section shows, where it is not the very first. */
export type Pages = Readonly<Record<string, number>>

export interface HomeAbout {
  readonly world: World
  readonly now: Date
  /** The viewer's own, unfinished. */
  readonly open: readonly Grant[]
  /** Of those, by id: how each may be extended now. */
  readonly more: ReadonlyMap<string, MayExtend | null>
  /** The viewer's own, finished, the newest first. */
  readonly over: readonly Grant[]
  /** What the viewer may answer now, the oldest first. */
  readonly forMe: readonly Pending[]
  /** What is or will be held where the viewer is an admin. */
  readonly kept: readonly Grant[]
  /** What the viewer approved ahead, and what was approved ahead for them. */
  readonly promised: readonly PreApproval[]
  readonly promisedMe: readonly PreApproval[]
  /** What others approved ahead where the viewer is an admin. */
  readonly promisedByOthers: readonly PreApproval[]
  /** How long requests waited where the viewer is an admin. */
  readonly waits: readonly WaitingTimes[]
  readonly catalogFault: string | null
  /** Whether the viewer may look others up. */
  readonly mayLookUp: boolean
  /** What the viewer confirms with; null where nothing asks for it. */
  readonly ways: Known<OwnWays> | null
  /** What the viewer works on; null where nothing asks for it. */
  readonly devices: OwnDevices | null
}

interface Section {
  readonly id: string
  readonly title: string
  readonly rows: readonly (() => KnownBlock[])[]
}

export function renderHome(about: HomeAbout, pages: Pages): HomeView {
  const shown = sectionsOf(about).filter(({ rows }) => rows.length > 0)
  const request = button(homeActions.request, 'Request access', 'home', 'Request access', {
    style: 'primary',
  })
  const lookUp = button(homeActions.lookUp, 'Look somebody up…', 'home', 'Look somebody up')
  const blocksFor = (rowsEach: number): KnownBlock[] => [
    ...buttonRow(about.mayLookUp ? [request, lookUp] : [request], 'home'),
    ...fault(about),
    ...shown.flatMap((one) => pageOf(one, pages, rowsEach)),
    ...(shown.every(({ id }) => id === ownWaysId || id === devicesId)
      ? [section('You hold nothing, and nothing waits for you.')]
      : []),
  ]
  const sizes = [perPage, 5, 3, 2, 1]
  const fitting = sizes.find((size) => blocksFor(size).length <= mostBlocks) ?? 1
  return {
    type: 'home',
    private_metadata: JSON.stringify(pages),
    blocks: blocksFor(fitting).slice(0, mostBlocks),
  }
}

const fault = ({ catalogFault }: HomeAbout): KnownBlock[] =>
  catalogFault === null
    ? []
    : [
        title('The catalog is broken'),
        { type: 'section', text: plain(`The last good one stays in force. ${catalogFault}`, 2_900) },
      ]

const title = (text: string): KnownBlock => ({ type: 'header', text: plain(text, 150) })

function pageOf({ id, title: words, rows }: Section, pages: Pages, rowsEach: number): KnownBlock[] {
  const asked = pages[id] ?? 0
  const first = asked < rows.length ? asked : 0
  const shown = rows.slice(first, first + rowsEach).flatMap((row) => row())
  const next = first + rowsEach
  const turn = (label: string, to: number): Button =>
    button(
      `${homeActions.page}:${id}:${to}`,
      label,
      JSON.stringify({ ...pages, [id]: to }),
      `${label}: ${words}`,
    )
  const turns = [
    ...(first > 0 ? [turn(`First ${rowsEach}`, 0)] : []),
    ...(next < rows.length ? [turn(`Next ${Math.min(rowsEach, rows.length - next)}`, next)] : []),
  ]
  return [
    title(rows.length > rowsEach ? `${words} (${rows.length})` : words),
    ...shown,
    ...buttonRow(turns, `page:${id}`),
  ]
}

function sectionsOf(about: HomeAbout): Section[] {
  const { world, now, open, over, forMe, kept, promised, promisedMe, promisedByOthers, waits } = about
  const held = open.filter(isHeld).sort(byEnd)
  const waiting = open.filter(
    ({ status, window }) => status === 'pending' || (status === 'waiting' && window === null),
  )
  const series = open.filter((grant) => grant.status === 'recurring')
  const late = kept.filter((grant) => grant.status === 'revoking' && isLate(grant, now))
  const theirs = kept.filter((grant) => isHeld(grant) && !late.includes(grant)).sort(byEnd)
  const section = (id: string, words: string, rows: Section['rows']): Section => ({ id, title: words, rows })
  return [
    section(
      'late',
      'Still held past the end',
      late.map((grant) => () => keptRow(grant, [], now, 'late')),
    ),
    section(
      'for-me',
      'Waiting for you',
      forMe.map((grant) => () => reviewRow(world, grant, now)),
    ),
    section(
      'held',
      'You hold',
      held.map((grant) => () => heldRow(grant, about.more.get(grant.id) ?? null, now)),
    ),
    section(
      'waiting',
      'You wait for',
      waiting.map((grant) => () => waitingRow(grant)),
    ),
    section(
      'series',
      'Your coming windows',
      series.map((grant) => () => seriesRow(grant, open)),
    ),
    section(
      'promised-me',
      'Approved for you ahead',
      promisedMe.map((one) => () => aheadRow(one, 'subject')),
    ),
    section(
      'promised',
      'You approve these without being asked',
      promised.map((one) => () => aheadRow(one, 'approver')),
    ),
    section(
      'kept',
      'Held now, where you are an admin',
      theirs.map((grant) => () => keptRow(grant, openWindowsAmong(kept, grant), now, 'kept')),
    ),
    section(
      'promised-by-others',
      'Approved ahead, where you are an admin',
      promisedByOthers.map((one) => () => aheadRow(one, 'admin')),
    ),
    section(
      'waits',
      'How long requests wait (30 days)',
      waits.map((one) => () => waitRow(one)),
    ),
    section(
      'over',
      'Lately',
      over.map((grant) => () => overRow(grant, now)),
    ),
    section(devicesId, 'Your devices', ownDeviceRows(about.devices)),
    section(ownWaysId, 'How you confirm who you are', ownWayRows(about.ways)),
  ]
}

const isHeld = ({ status }: Grant): boolean =>
  status === 'granting' || status === 'active' || status === 'revoking'

const endOf = (grant: Grant): number => ('endsAt' in grant ? grant.endsAt.getTime() : Infinity)
const byEnd = (one: Grant, other: Grant): number => endOf(one) - endOf(other)

/** Slack refuses two blocks of one id in a view: a grant may stand in two sections. */
const withButtons = (id: string, words: string, buttons: readonly Button[]): KnownBlock[] => [
  section(words),
  ...buttonRow(buttons, id),
]

function heldRow(grant: Grant, more: MayExtend | null, now: Date): KnownBlock[] {
  const extend = grant.isSession ? confirmAgain(grant) : extendButton(grant, more)
  const isOn = grant.status === 'active' || (grant.status === 'revoking' && isStillHeld(grant, now))
  const until =
    grant.isStanding || !('endsAt' in grant)
      ? 'by rule, as long as it names you'
      : `until ${when(grant.endsAt)}`
  const words = isOn ? until : (statusLine(grant, now, { name: surely }) ?? '')
  const own = grant.status === 'active' && !grant.isStanding ? [...(extend ? [extend] : []), done(grant)] : []
  const buttons = [...showButton(grant), ...own]
  return withButtons(`held:${grant.id}`, `${bold(grant)}\n${words}`, buttons)
}

function waitingRow(grant: Grant): KnownBlock[] {
  const howLong = patternWords(grant) ?? formatDuration(grant.askedMs)
  if (grant.status === 'pending') {
    const words = `${bold(grant)}, ${howLong}\nNobody answered yet; it lapses ${when(grant.lapsesAt)}.`
    return withButtons(`waiting:${grant.id}`, words, [withdraw(grant)])
  }
  const opens = grant.startsAt === null ? '' : `\nOpens ${when(grant.startsAt)}`
  return withButtons(`waiting:${grant.id}`, `${bold(grant)}, ${howLong}${opens}`, [callOff(grant)])
}

function seriesRow(grant: Grant, open: readonly Grant[]): KnownBlock[] {
  if (grant.status !== 'recurring') return []
  const windows = openWindowsAmong(open, grant)
  const words = `${bold(grant)}, ${patternWords(grant) ?? ''}\n${nextWords(grant, windows)}`
  return withButtons(`series:${grant.id}`, words, seriesButtons(grant, windows))
}

function reviewRow(world: World, grant: Pending, now: Date): KnownBlock[] {
  const howLong = patternWords(grant) ?? formatDuration(grant.askedMs)
  const from = grant.startsAt === null ? '' : ` from ${when(grant.startsAt)}`
  const entitlement = findEntitlement(world.catalog(), grant.resource.id, grant.entitlement.id)
  const as = grant.principal === null ? [] : [principalWords(grant.principal, grant.system)]
  const who = `${askingWords(grant)} ${bold(grant)}, ${howLong}${from}`
  return [
    section(who),
    {
      type: 'context',
      elements: [
        plain(grant.reason, 500),
        {
          type: 'mrkdwn',
          text: [emailsOf(grant), ...as, `lapses ${when(grant.lapsesAt)}`].join(' · '),
          verbatim: true,
        },
      ],
    },
    ...buttonRow(
      cardButtons(grant, { confirm: entitlement?.confirm ?? false, windows: [] }, now),
      `for-me:${grant.id}`,
    ),
  ]
}

function keptRow(grant: Grant, windows: readonly Grant[], now: Date, id: string): KnownBlock[] {
  const as = isApproved(grant) ? `, ${principalWords(grant.place.principal, grant.system)}` : ''
  const words = `${surely(grant.subject)}${as}: ${bold(grant)}\n${statusLine(grant, now, { name: surely }) ?? ''}`
  return withButtons(`${id}:${grant.id}`, words, cardButtons(grant, { confirm: false, windows }, now))
}

const overRow = (grant: Grant, now: Date): KnownBlock[] => [
  sectionWith(`${bold(grant)}\n${statusLine(grant, now, { name: surely }) ?? ''}`, askAgain(grant)),
]
