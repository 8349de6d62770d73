import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { randomUUID } from 'node:crypto'
import { anIdentityProvider } from '../../test/support/identity-provider.ts'
import { Dice } from './dice.ts'
import type { Word } from './diary.ts'
import { emailOf, someUrl, type Life } from './life.ts'
import type { Citizen } from './town.ts'

/** What the company says of people and of their laptops. */

/** People leave and come back, go on call and off it; told by SCIM, again and again until it was heard. */
export async function personnelChanges({ town, diary, seed, isOver }: Life): Promise<void> {
  const dice = new Dice(seed, 'personnel')
  const anyReplica = () => anIdentityProvider(town.scimAt(someUrl(town, dice)))
  /** Null: everything ended before it was heard. `word`: what it writes, and about whom; null: it asks. */
  const told = async <T>(
    word: Pick<Word, 'type' | 'id'> | null,
    tell: (okta: ReturnType<typeof anyReplica>) => Promise<T>,
  ): Promise<T | null> => {
    for (let tries = 0; tries < 300; tries += 1) {
      try {
        const call = () => tell(anyReplica())
        return await (word === null ? call() : diary.tells(word, call))
      } catch {
        if (isOver()) return null
        await sleep(300)
      }
    }
    return null
  }
  const idOf = async (path: string, filter: string): Promise<string> => {
    const found = await told(null, async (okta) => {
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
    const user = await idOf('/Users', `userName eq "${emailOf(person)}"`)
    if (user === '' || oncall === '') return
    const ofUser = { type: 'user-changed', id: user } as const
    const ofGroup = { type: 'group-changed', id: oncall } as const
    if (dice.chance(0.5)) {
      const goes = !onCallNow.has(login)
      if (goes) {
        onCallNow.add(login)
        diary.onCall.push({ principal: login, from: Date.now() })
        await told(ofGroup, (okta) => okta.adds(oncall, user))
        diary.count('went on call')
      } else {
        diary.gives({ principal: login, why: 'no-group', entitlements: ['vpn/oncall'] })
        const heard = await told(ofGroup, async (okta) => {
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
    const comesBack = diary.gives({ principal: login, why: 'left', entitlements: null })
    const heard = await told(ofUser, async (okta) => {
      await okta.sets(user, false)
      return true
    })
    if (!heard) return
    const isBack = diary.bars({ principal: login, why: 'left', entitlements: null })
    diary.count('left')
    await sleep(dice.between(4_000, 12_000))
    isBack()
    const isHeard = await told(ofUser, async (okta) => {
      await okta.sets(user, true)
      return true
    })
    if (isHeard) comesBack()
  }
  while (!isOver()) {
    await sleep(dice.between(1_500, 5_000))
    const citizen = dice.oneOf(town.citizens)
    if (citizen !== undefined) await change(citizen).catch(() => diary.count('change of personnel failed'))
  }
}

/** Reports every few seconds, over whichever replica answers; its firewall is off now and then. */
export async function hasLaptop(
  { town, diary, seed, isOver }: Life,
  { login, person }: Citizen,
): Promise<void> {
  const dice = new Dice(seed, `laptop of ${login}`)
  const webhook = new Webhook(town.laptopsSecret)
  const about = { principal: login, entitlements: ['billing/safely', 'vpn/lab'] }
  const unfit = { ...about, why: 'unfit' } as const
  const report = async (firewall: boolean): Promise<boolean> => {
    const [at, id] = [new Date(), `msg_${randomUUID()}`]
    const body = JSON.stringify({
      sourceId: `laptop-${login}`,
      at: at.toISOString(),
      name: `laptop of ${login}`,
      owner: emailOf(person),
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
  /** Nothing of it is known yet, it is known to be unfit, or it may be silent for too long. */
  let mends: (() => void) | null = diary.gives(unfit)
  while (!isOver()) {
    const isOn = dice.chance(0.8)
    if (isOn) {
      isFit?.()
      isFit = null
    } else mends ??= diary.gives(unfit)
    const isHeard = await report(isOn)
    if (isHeard && !isOn) isFit ??= diary.bars(unfit)
    if (isHeard && isOn) {
      mends?.()
      mends = null
    } else mends ??= diary.gives(unfit)
    await sleep(isHeard ? dice.between(2_500, 5_000) : 500)
  }
  // Nobody reports any more.
  diary.gives(unfit)
}
