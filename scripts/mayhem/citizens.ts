import { setTimeout as sleep } from 'node:timers/promises'
import { asksWeekly, nextMinute } from '../../test/journeys/weekly.ts'
import { aPageBrowser } from '../../test/support/page-browser.ts'
import type { Message } from '../../test/workspace/state/messages.ts'
import { Dice } from './dice.ts'
import {
  asks,
  buttonOn,
  closesAll,
  emailOf,
  findDm,
  grantOn,
  isOwn,
  latest,
  moreTime,
  presses,
  reasonOf,
  someUrl,
  soon,
  tolerantly,
  type Life,
} from './life.ts'
import { publicUrl, type Citizen } from './town.ts'

/** Those who need access: they ask, hold, return, go on, and press what they may not. */

const wishes = {
  'orders read 30s': 10,
  'orders read 10s': 6,
  'orders read 5s': 4,
  'orders peek 5s': 12,
  'orders write 30s': 16,
  'reports read 20s': 6,
  'billing read 30s': 8,
  'billing read 10s': 6,
  'billing safely 30s': 6,
  'vpn join 10s': 14,
  'vpn join 5s': 8,
  'vpn lab 30s': 6,
} as const

const weekMs = 7 * 24 * 3_600_000

export async function livesAs({ town, diary, seed, isOver }: Life, citizen: Citizen): Promise<void> {
  const { person } = citizen
  const dice = new Dice(seed, person.name)
  let asked = 0
  const reason = () => reasonOf(citizen, (asked += 1))
  const by = emailOf(person)
  /** By the page behind the button, with six digits. */
  const confirms = async (what: 'begins-session' | 'confirms-again', about: string) => {
    const { view } = await person.modal('Confirm…', soon)
    const [, link = ''] = /"text":"Confirm…"[^]*?"url":"([^"]+)"/.exec(JSON.stringify(view)) ?? []
    const browser = aPageBrowser(publicUrl, someUrl(town, dice))
    await browser.opens(link)
    await diary.does({ by, what, about, wish: 'vpn/shift' }, async () => {
      const { html } = await browser.sends(`${link}/totp`, { code: citizen.code() })
      const isDone = html.includes('You have')
      diary.count(isDone ? 'confirmed' : 'confirmed in vain')
      return isDone ? 'done' : 'sent'
    })
  }
  /** The latest in their DMs that can be pressed. */
  const pressesDm = async (button: string, what: 'withdraws' | 'releases', confirm?: boolean) => {
    const message = findDm(person, button)
    if (message === undefined) return
    await presses(diary, { person, message, button, what, ...(confirm === undefined ? {} : { confirm }) })
    diary.count(what === 'withdraws' ? 'withdrew' : 'released')
  }
  const acts = {
    asks: () => asks(diary, citizen, dice.byWeight(wishes), reason()),
    asksWeekly: async () => {
      const [minute, why] = [nextMinute(5_000), reason()]
      const opensAt = [0, 1, 2, 3].map((week) => minute.at.getTime() + week * weekMs)
      const wished = {
        by,
        what: 'asks-weekly',
        about: why,
        wish: 'vpn/join',
        forMs: 60_000,
        opensAt,
      } as const
      await diary.does(wished, async () => {
        const { outcome } = await asksWeekly(person, 'vpn join 1m', minute, { reason: why })
        diary.count('asked weekly')
        return outcome === 'cleared' ? 'done' : 'sent'
      })
    },
    begins: async () => {
      await person.runs('/request-access vpn shift')
      await person.modal('No review needed', soon)
      await person.submits()
      await confirms('begins-session', by)
    },
    renews: async () => {
      const message = findDm(person, 'Confirm again')
      if (message === undefined) return
      const grant = grantOn(message, 'Confirm again')
      await person.clicks('Confirm again', message)
      await confirms('confirms-again', grant)
    },
    releases: () => pressesDm("I'm done", 'releases', true),
    withdraws: () => pressesDm('Withdraw', 'withdraws'),
    /** In the channel, where everybody sees the card. */
    approvesOwn: async () => {
      const cards = town.channels.flatMap((channel) => town.workspace.messages(channel).slice(-latest))
      const message = cards.findLast((one) => isOwn(citizen, one) && buttonOn(one, /^Approve /) !== undefined)
      const button = message && buttonOn(message, /^Approve /)
      if (message === undefined || button === undefined) return
      await presses(diary, { person, message, button, what: 'approves' })
      diary.count('pressed Approve on their own')
    },
    looksAtHome: async () => person.opensHome(),
  } as const
  while (!isOver()) {
    await sleep(dice.between(500, 4_000))
    const act = dice.byWeight({
      asks: 50,
      asksWeekly: 2,
      begins: 8,
      renews: 6,
      releases: 6,
      withdraws: 4,
      approvesOwn: 8,
      looksAtHome: 4,
    })
    await tolerantly(diary, acts[act])
    await closesAll(person)
  }
}

/** Whoever is warned of an end mostly wants more time, now and then twice, and says yes to it themself if that lets them. */
export async function wantsMore({ town, diary, seed, isOver }: Life, { person }: Citizen): Promise<void> {
  const dice = new Dice(seed, `more time for ${person.name}`)
  const seen = new Set<string>()
  /** The latest of these, once: mostly, or not at all. */
  const pressesOnce = async (
    messages: readonly Message[],
    { what, share, words }: { what: 'extends' | 'approves-more'; share: number; words: RegExp },
  ): Promise<void> => {
    const message = messages.slice(-latest).findLast((one) => buttonOn(one, words) !== undefined)
    const button = message && buttonOn(message, words)
    if (message === undefined || button === undefined) return
    const once = `${message.channel} ${message.ts} ${grantOn(message, button)}`
    if (seen.has(once)) return
    seen.add(once)
    if (!dice.chance(share)) return
    const isTwice = dice.chance(0.2)
    await presses(diary, { person, message, button, what })
    if (isTwice) await presses(diary, { person, message, button, what, asSeen: true })
    const counted = what === 'extends' ? 'pressed for more time' : 'agreed to their own more time'
    diary.count(isTwice ? `${counted} twice` : counted)
  }
  const asksFor = new RegExp(`^${person.name}\\b.* asks for .* more`)
  const ownInChannels = () =>
    town.channels
      .flatMap((channel) => town.workspace.messages(channel).slice(-latest))
      .filter(({ plain }) => asksFor.test(plain))
  while (!isOver()) {
    await sleep(dice.between(300, 900))
    await tolerantly(diary, () => pressesOnce(person.dms, { what: 'extends', share: 0.85, words: moreTime }))
    await tolerantly(diary, () =>
      pressesOnce(ownInChannels(), { what: 'approves-more', share: 0.3, words: /^Extend / }),
    )
  }
}
