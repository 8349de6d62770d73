import { setTimeout as sleep } from 'node:timers/promises'
import { Dice } from './dice.ts'
import {
  asks,
  buttonOn,
  closesAll,
  findDm,
  grantOn,
  isOwn,
  latest,
  moreTime,
  presses,
  reasonOf,
  soon,
  tolerantly,
  type Life,
} from './life.ts'
import type { Citizen } from './town.ts'

/** Those who decide. They need access themselves now and then, and try whether their own yes counts. */

const wishes = {
  'orders read 30s': 3,
  'orders write 30s': 5,
  'billing read 30s': 2,
  'vpn join 10s': 2,
} as const

export async function approves({ town, diary, seed, isOver }: Life, approver: Citizen): Promise<void> {
  const { person } = approver
  const dice = new Dice(seed, person.name)
  const answered = new Set<string>()
  let asked = 0
  const answersSomething = async (): Promise<void> => {
    const channel = dice.oneOf(town.channels)
    if (channel === undefined) return
    const open = town.workspace
      .messages(channel)
      .slice(-latest)
      .filter((one) => buttonOn(one, isAnswer) !== undefined && !answered.has(one.ts))
    // Whoever holds something has seconds: who asks for more time is answered first.
    const urgent = open.filter((one) => buttonOn(one, 'No') !== undefined)
    const asked = open.filter((one) => buttonOn(one, isYes) !== undefined)
    // What needs two of them would else mostly lapse.
    const needsTwo = asked.filter(({ plain }) => plain.includes('Change orders'))
    const first = [urgent, dice.chance(0.5) ? needsTwo : [], dice.chance(0.9) ? asked : [], open].find(
      (some) => some.length > 0,
    )
    const message = dice.oneOf(first ?? [])
    if (message === undefined) return
    if (dice.chance(0.7)) answered.add(message.ts)
    const yes = buttonOn(message, isYes)
    const of = { person, message }
    if (yes !== undefined && dice.chance(0.85)) {
      const what = yes.startsWith('Approve') ? 'approves' : 'approves-more'
      const isTwice = dice.chance(0.15)
      await presses(diary, { ...of, button: yes, what })
      if (isTwice) await presses(diary, { ...of, button: yes, what, asSeen: true })
      const whose = isOwn(approver, message) ? ' their own' : ''
      diary.count(
        `${what === 'approves' ? 'approved' : 'agreed to more time'}${whose}${isTwice ? ' twice' : ''}`,
      )
    } else if (message.buttons.includes('Deny…')) {
      await person.clicks('Deny…', message)
      await person.modal('Why?', soon)
      await person.types('Why?', 'Not today, please.')
      await diary.does(
        { by: person.account.email ?? '', what: 'denies', about: grantOn(message, 'Deny…') },
        async () => ((await person.submits()).outcome === 'cleared' ? 'done' : 'sent'),
      )
      diary.count('denied')
    } else if (message.buttons.includes('End now') && dice.chance(0.1)) {
      await presses(diary, { ...of, button: 'End now', what: 'ends', confirm: true })
      diary.count('ended by an admin')
    } else if (message.buttons.includes('No') && dice.chance(0.3)) {
      await presses(diary, { ...of, button: 'No', what: 'denies-more' })
      diary.count('denied more time')
    }
  }
  const wantsMore = async (): Promise<void> => {
    const message = findDm(person, moreTime)
    const button = message && buttonOn(message, moreTime)
    if (message === undefined || button === undefined) return
    await presses(diary, { person, message, button, what: 'extends' })
    diary.count('pressed for more time')
  }
  while (!isOver()) {
    await sleep(dice.between(100, 500))
    const act = dice.byWeight({ answers: 88, asks: 7, wantsMore: 5 })
    await tolerantly(diary, () => {
      if (act === 'answers') return answersSomething()
      if (act === 'wantsMore') return wantsMore()
      return asks(diary, approver, dice.byWeight(wishes), reasonOf(approver, (asked += 1)))
    })
    await closesAll(person)
  }
}

const isYes = /^(Approve|Extend) \d/
const isAnswer = /^(Approve|Extend) \d|^Deny…$|^End now$|^No$/
