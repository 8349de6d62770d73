import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { randomUUID } from 'node:crypto'
import { anIdentityProvider } from '../../test/support/identity-provider.ts'
import { asksWeekly, nextMinute } from '../../test/journeys/weekly.ts'
import { aPageBrowser } from '../../test/support/page-browser.ts'
import type { Person } from '../../test/workspace/people/person.ts'
import type { Message } from '../../test/workspace/state/messages.ts'
import { Dice } from './dice.ts'
import type { Diary } from './diary.ts'
import { asWritten, publicUrl, type Citizen, type Town } from './town.ts'

/** What people do, at random, each by themselves, until `isOver`; nobody minds that something did not work. */

interface Life {
  readonly town: Town
  readonly diary: Diary
  readonly seed: number
  isOver(): boolean
}

const soon = { withinMs: 4_000 }
/** What lies further back in a channel is not looked at any more. */
const latest = 150

const wishes = {
  'orders read 10s': 14,
  'orders read 5s': 6,
  'orders peek 5s': 12,
  'orders write 10s': 8,
  'reports read 20s': 6,
  'billing read 10s': 14,
  'billing safely 30s': 6,
  'vpn join 10s': 14,
  'vpn join 5s': 8,
  'vpn lab 30s': 6,
} as const

export function everybodyLives(life: Life): Promise<unknown> {
  const { citizens, approvers } = life.town
  return Promise.all([
    ...citizens.map((citizen) => livesAs(life, citizen)),
    ...approvers.map((approver) => approves(life, approver)),
    personnelChanges(life),
    ...citizens.filter((_, n) => n % 2 === 0).map((citizen) => hasLaptop(life, citizen)),
    catalogChanges(life),
  ])
}

async function livesAs({ town, diary, seed, isOver }: Life, citizen: Citizen): Promise<void> {
  const { person } = citizen
  const dice = new Dice(seed, person.name)
  let asked = 0
  const reason = () => `INC-${citizen.login}-${(asked += 1)}: a customer waits`
  const asks = async () => {
    const wish = dice.byWeight(wishes)
    await person.runs(`/request-access ${wish} ${reason()}`)
    await person.modal('What do you need it for?', soon)
    const { outcome } = await person.submits()
    // "Sending…", and later what came of it.
    if (outcome === 'updated') await person.modal('Done', soon)
    const isDone = outcome === 'cleared' || outcome === 'updated'
    diary.count(isDone ? 'asked' : `asked in vain: ${outcome}`)
  }
  /** By the page behind the button, with six digits. */
  const confirms = async (what: string) => {
    const { view } = await person.modal('Confirm…', soon)
    const [, link = ''] = /"text":"Confirm…"[^]*?"url":"([^"]+)"/.exec(JSON.stringify(view)) ?? []
    const browser = aPageBrowser(publicUrl, someUrl(town, dice))
    await browser.opens(link)
    const { html } = await browser.sends(`${link}/totp`, { code: citizen.code() })
    diary.count(html.includes('You have') ? what : `${what}, in vain`)
  }
  const acts = {
    asks,
    asksWeekly: async () => {
      await asksWeekly(person, 'vpn join 1m', nextMinute(5_000), { reason: reason() })
      diary.count('asked weekly')
    },
    begins: async () => {
      await person.runs('/request-access vpn shift')
      await person.modal('No review needed', soon)
      await person.submits()
      await confirms('confirmed')
    },
    renews: async () => {
      const message = findDm(person, 'Confirm again')
      if (message === undefined) return
      await person.clicks('Confirm again', message)
      await confirms('confirmed again')
    },
    releases: async () => {
      const message = findDm(person, "I'm done")
      if (message === undefined) return
      await person.clicks("I'm done", message, { confirm: true })
      diary.count('released')
    },
    withdraws: async () => {
      const message = findDm(person, 'Withdraw')
      if (message === undefined) return
      await person.clicks('Withdraw', message)
      diary.count('withdrew')
    },
    extends: async () => {
      const message = findDm(person, /^Extend |^Ask for .* more$/)
      const words = message?.buttons.find((one) => /^Extend |^Ask for .* more$/.test(one))
      if (message === undefined || words === undefined) return
      await person.clicks(words, message)
      diary.count('extended')
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
      releases: 9,
      withdraws: 4,
      extends: 12,
      looksAtHome: 4,
    })
    await tolerantly(diary, person, acts[act])
  }
}

async function approves({ town, diary, seed, isOver }: Life, approver: Person): Promise<void> {
  const dice = new Dice(seed, approver.name)
  const answered = new Set<string>()
  while (!isOver()) {
    await sleep(dice.between(100, 500))
    const channel = dice.oneOf(town.channels)
    if (channel === undefined) return
    const open = town.workspace
      .messages(channel)
      .slice(-latest)
      .filter(({ ts, buttons }) => buttons.some(isAnswer) && !answered.has(ts))
    const message = dice.oneOf(open)
    if (message === undefined) continue
    if (dice.chance(0.7)) answered.add(message.ts)
    const yes = message.buttons.find((words) => /^(Approve|Extend) \d/.test(words))
    await tolerantly(diary, approver, async () => {
      if (yes !== undefined && dice.chance(0.85)) {
        await approver.clicks(yes, message)
        diary.count('approved')
      } else if (message.buttons.includes('Deny…')) {
        await approver.clicks('Deny…', message)
        await approver.modal('Why?', soon)
        await approver.types('Why?', 'Not today, please.')
        await approver.submits()
        diary.count('denied')
      } else if (message.buttons.includes('End now') && dice.chance(0.1)) {
        await approver.clicks('End now', message, { confirm: true })
        diary.count('ended by an admin')
      } else if (message.buttons.includes('No')) {
        await approver.clicks('No', message)
        diary.count('denied more time')
      }
    })
  }
}

const isAnswer = (words: string): boolean =>
  /^(Approve|Extend) \d/.test(words) || words === 'Deny…' || words === 'End now' || words === 'No'

/** People leave and come back, go on call and off it; told by SCIM, again and again until it was heard. */
async function personnelChanges({ town, diary, seed, isOver }: Life): Promise<void> {
  const dice = new Dice(seed, 'personnel')
  const anyReplica = () => anIdentityProvider(town.scimAt(someUrl(town, dice)))
  /** Null: everything ended before it was heard. */
  const told = async <T>(tell: (okta: ReturnType<typeof anyReplica>) => Promise<T>): Promise<T | null> => {
    for (let tries = 0; tries < 300; tries += 1) {
      try {
        return await tell(anyReplica())
      } catch {
        if (isOver()) return null
        await sleep(300)
      }
    }
    return null
  }
  const idOf = async (path: string, filter: string): Promise<string> => {
    const found = await told(async (okta) => {
      const { body, status } = await okta.send('GET', `${path}?filter=${encodeURIComponent(filter)}`)
      if (status !== 200) throw new Error(`${status}`)
      return body as { Resources: { id: string }[] }
    })
    return found?.Resources[0]?.id ?? ''
  }
  const oncall = await idOf('/Groups', 'displayName eq "oncall"')
  const onCallNow = new Set<string>()
  const change = async (citizen: Citizen): Promise<void> => {
    const { login, person } = citizen
    const user = await idOf('/Users', `userName eq "${person.account.email ?? ''}"`)
    if (user === '' || oncall === '') return
    if (dice.chance(0.5)) {
      const goes = !onCallNow.has(login)
      if (goes) {
        onCallNow.add(login)
        await told((okta) => okta.adds(oncall, user))
        diary.count('went on call')
      } else {
        const heard = await told(async (okta) => {
          await okta.removes(oncall, user)
          return true
        })
        if (heard) diary.bars({ principal: login, why: 'no-group', entitlements: ['vpn/oncall'] })
        onCallNow.delete(login)
        diary.count('left the group')
        // Never on call again, so that nothing has to be known of when they were.
        onCallNow.add(login)
      }
      return
    }
    const heard = await told(async (okta) => {
      await okta.sets(user, false)
      return true
    })
    if (!heard) return
    const isBack = diary.bars({ principal: login, why: 'left', entitlements: null })
    diary.count('left')
    await sleep(dice.between(4_000, 12_000))
    isBack()
    await told((okta) => okta.sets(user, true))
  }
  while (!isOver()) {
    await sleep(dice.between(1_500, 5_000))
    const citizen = dice.oneOf(town.citizens)
    if (citizen !== undefined) await change(citizen).catch(() => diary.count('change of personnel failed'))
  }
}

/** Reports every few seconds, over whichever replica answers; its firewall is off now and then. */
async function hasLaptop({ town, diary, seed, isOver }: Life, { login, person }: Citizen): Promise<void> {
  const dice = new Dice(seed, `laptop of ${login}`)
  const webhook = new Webhook(town.laptopsSecret)
  const report = async (firewall: boolean): Promise<boolean> => {
    const [at, id] = [new Date(), `msg_${randomUUID()}`]
    const body = JSON.stringify({
      sourceId: `laptop-${login}`,
      at: at.toISOString(),
      name: `laptop of ${login}`,
      owner: person.account.email,
      attributes: { os: 'macos', firewall },
    })
    const answer = await fetch(`${someUrl(town, dice)}/devices/laptops`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': webhook.sign(id, at, body),
      },
      body,
      signal: AbortSignal.timeout(3_000),
    }).catch(() => null)
    return answer?.ok ?? false
  }
  let isFit: (() => void) | null = null
  while (!isOver()) {
    const isOn = dice.chance(0.8)
    if (isOn) {
      isFit?.()
      isFit = null
    }
    const isHeard = await report(isOn)
    if (isHeard && !isOn)
      isFit ??= diary.bars({ principal: login, why: 'unfit', entitlements: ['billing/safely', 'vpn/lab'] })
    await sleep(isHeard ? dice.between(2_500, 5_000) : 500)
  }
}

/** Words, rules and mistakes. */
async function catalogChanges({ town, diary, seed, isOver }: Life): Promise<void> {
  const dice = new Dice(seed, 'catalog')
  for (let edit = 1; !isOver(); edit += 1) {
    await sleep(dice.between(6_000, 15_000))
    const how = `with your own login, since edit ${edit}`
    const edits = { how, areReportsOpen: dice.chance(0.7) }
    if (dice.chance(0.2)) {
      await town.writeCatalog({ ...edits, isBroken: true })
      diary.count('catalog broken')
      await sleep(2_500)
    }
    await town.writeCatalog({ ...edits, isBroken: false })
    diary.count('catalog edited')
  }
  await town.writeCatalog(asWritten)
}

function someUrl({ replicas }: Town, dice: Dice): string {
  return dice.oneOf(replicas)?.url ?? ''
}

function findDm(person: Person, button: string | RegExp): Message | undefined {
  return person.dms
    .slice(-latest)
    .findLast(({ buttons }) =>
      buttons.some((words) => (typeof button === 'string' ? words === button : button.test(words))),
    )
}

/** Whatever did not work is left, as people leave it. */
async function tolerantly(diary: Diary, person: Person, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const words = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    diary.count(`gave up: ${words.replace(/Contractor \d+|Ada|Sam|Kim/g, 'somebody').slice(0, 60)}`)
  }
  if (person.openModal !== undefined) await person.closesModal({ everything: true }).catch(() => undefined)
}
