import { controlsOf } from '../../test/workspace/blocks/controls.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import type { Message } from '../../test/workspace/state/messages.ts'
import type { Dice } from './dice.ts'
import type { DeedKind, Diary } from './diary.ts'
import type { Citizen, Town } from './town.ts'

/** What people do, at random, each by themselves, until `isOver`; nobody minds that something did not work. */
export interface Life {
  readonly town: Town
  readonly diary: Diary
  readonly seed: number
  isOver(): boolean
}

export const soon = { withinMs: 4_000 }
/** What lies further back in a channel is not looked at any more. */
export const latest = 150

/** The words that holders press to get more time, by themselves or of others. */
export const moreTime = /^Extend |^Ask for .* more$/

export const someUrl = ({ replicas }: Town, dice: Dice): string => dice.oneOf(replicas)?.url ?? ''

export const emailOf = ({ account }: Person): string => account.email ?? ''

/** Nobody gives the same reason twice, and everybody is known by theirs. */
export const reasonOf = ({ login }: Pick<Citizen, 'login'>, number: number): string =>
  `INC-${login}-${number}: a customer waits`
export const isOwn = ({ login }: Pick<Citizen, 'login'>, { plain }: Message): boolean =>
  plain.includes(`INC-${login}-`)

export function findDm(person: Person, button: string | RegExp): Message | undefined {
  return person.dms.slice(-latest).findLast((message) => buttonOn(message, button) !== undefined)
}

export const buttonOn = ({ buttons }: Message, wanted: string | RegExp): string | undefined =>
  buttons.find((words) => (typeof wanted === 'string' ? words === wanted : wanted.test(words)))

/** What they ask for, and get when the app says so. */
export async function asks(diary: Diary, { person }: Citizen, wish: string, reason: string): Promise<void> {
  const [resource = '', entitlement = '', time = ''] = wish.split(' ')
  const deed = { by: emailOf(person), what: 'asks', about: reason } as const
  await person.runs(`/request-access ${wish} ${reason}`)
  await person.modal('What do you need it for?', soon)
  const wished = { ...deed, wish: `${resource}/${entitlement}`, forMs: msIn(time) }
  await diary.does(wished, async () => {
    const { outcome } = await person.submits()
    // "Sending…", and later what came of it.
    if (outcome === 'updated') await person.modal('Done', soon)
    const isDone = outcome === 'cleared' || outcome === 'updated'
    diary.count(isDone ? 'asked' : `asked in vain: ${outcome}`)
    return isDone ? 'done' : 'sent'
  })
}

/** Presses a button, and notes what it was for by what it carries and says. */
export async function presses(diary: Diary, { person, message, button, what, ...how }: Press): Promise<void> {
  const about = grantOn(message, button)
  await diary.does({ by: emailOf(person), what, about, forMs: msIn(button) }, async () => {
    await person.clicks(button, message, how)
    return 'sent'
  })
}

interface Press {
  readonly person: Person
  readonly message: Message
  readonly button: string
  readonly what: DeedKind
  readonly confirm?: boolean
  readonly asSeen?: boolean
}

/** For which grant a button is: what is in it before the first colon. */
export function grantOn({ blocks }: Message, button: string): string {
  for (const { element } of controlsOf(blocks))
    if (element.type === 'button' && element.text.text === button)
      return (element.value ?? '').split(':')[0] ?? ''
  return ''
}

/** "Approve 1 min 10 s", "5s": how long that is; null: no time is in it. */
export function msIn(words: string): number | null {
  const parts = [...words.matchAll(/(\d+) ?(s|m|min|h)\b/g)]
  const sum = parts.reduce((all, [, count, unit]) => all + Number(count) * (msOf[unit ?? ''] ?? 0), 0)
  return parts.length === 0 ? null : sum
}
const msOf: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }

/** Whatever did not work is left, as people leave it. */
export async function tolerantly(diary: Diary, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const words = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    diary.count(`gave up: ${words.replace(/Contractor \d+|Ada|Sam|Kim/g, 'somebody').slice(0, 60)}`)
  }
}

export async function closesAll(person: Person): Promise<void> {
  if (person.openModal !== undefined) await person.closesModal({ everything: true }).catch(() => undefined)
}
