import { WebAPIPlatformError, type WebClient } from '@slack/web-api'
import { setImmediate as immediate } from 'node:timers/promises'
import type { Log } from '../../../src/domain/ports/log.ts'
import type { PeopleStore } from '../../../src/domain/ports/people.ts'
import type { Known, PersonFacts } from '../../../src/domain/person.ts'
import { slackDirectory, type SlackDirectory } from '../../../src/slack/directory/directory.ts'
import { Remembering } from '../../../src/slack/directory/remembering.ts'
import { seeded } from '../../support/seeded.ts'

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const record = (id: string, isHere: boolean) => ({
  id,
  team_id: 'T1',
  name: id.toLowerCase(),
  deleted: !isHere,
  is_email_confirmed: true,
  tz: 'UTC',
  profile: { display_name: id, email: `${id.toLowerCase()}@acme.example` },
})

/** A call that Slack has taken and not answered yet: by default it says what was true when it came. */
interface Call {
  readonly method: string
  readonly of: string
  answer(): void
  fail(): void
}

/** Slack as it is; what it is asked waits until it is let go, unless `isSlow` says no. */
function aSlack({
  ids,
  isSlow = () => false,
}: {
  ids: readonly string[]
  isSlow?: (method: string, of: string) => boolean
}) {
  const gone = new Set<string>()
  const waiting: Call[] = []
  const answered = <T>(method: string, of: string, say: () => T): Promise<T> => {
    const said = say()
    if (!isSlow(method, of)) return Promise.resolve(said)
    return new Promise<T>((resolve, reject) => {
      const fail = () => reject(new WebAPIPlatformError({ ok: false, error: 'internal_error' }))
      waiting.push({ method, of, answer: () => resolve(said), fail })
    })
  }
  const user = (id: string) => record(id, !gone.has(id))
  const client = {
    users: {
      info: ({ user: id }: { user: string }) => answered('info', id, () => ({ user: user(id) })),
      list: () =>
        answered('list', '', () => ({ members: ids.map(user), response_metadata: { next_cursor: '' } })),
    },
    usergroups: { list: () => answered('groups', '', () => ({ usergroups: [] })) },
  } as unknown as WebClient
  return { client, gone, waiting, user }
}

const memoryPeople = (wait: () => Promise<unknown> = () => Promise.resolve()): PeopleStore => ({
  seen: async (slack, { name, email }) => {
    await wait()
    return { id: `p-${slack.userId}`, slack: slack, name, email: email ?? null }
  },
  bySlackUser: async () => null,
})

const directoryOf = (client: WebClient, people = memoryPeople()): SlackDirectory =>
  slackDirectory({ client, teamId: () => 'T1', people, log: quiet })

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries === 10_000) throw new Error('it never came to be')
    await immediate()
  }
}
const isHere = (facts: Known<PersonFacts>) => (facts === 'unknown' ? facts : facts.isHere)
const listedAs = async (directory: SlackDirectory, id: string) => {
  const all = await directory.everyone()
  return all === 'unknown'
    ? all
    : (all.people.find(({ person }) => person.slack.userId === id)?.isHere ?? false)
}

describe('somebody who left stays so in the list of everyone', () => {
  test('though what was read at an earlier word of Slack comes after what was read at a later one', async () => {
    let isSlow = false
    const slack = aSlack({ ids: ['USAM'], isSlow: () => isSlow })
    const directory = directoryOf(slack.client)
    await directory.everyone()
    isSlow = true
    // Renamed: read as still here. Then they leave, which is read faster.
    const renamed = directory.heardOf({ ...slack.user('USAM'), tz: 'Europe/Berlin' })
    await until(() => slack.waiting.length === 1)
    slack.gone.add('USAM')
    const left = directory.heardOf(slack.user('USAM'))
    await until(() => slack.waiting.length === 2)
    slack.waiting[1]?.answer()
    await left
    slack.waiting[0]?.answer()
    await renamed
    expect(await listedAs(directory, 'USAM')).toBe(false)
  })

  test('though what was read at an earlier word of Slack comes after the reading at a later one failed', async () => {
    let isSlow = false
    const slack = aSlack({ ids: ['USAM'], isSlow: () => isSlow })
    const directory = directoryOf(slack.client)
    await directory.everyone()
    isSlow = true
    const renamed = directory.heardOf({ ...slack.user('USAM'), tz: 'Europe/Berlin' })
    await until(() => slack.waiting.length === 1)
    slack.gone.add('USAM')
    const left = directory.heardOf(slack.user('USAM'))
    await until(() => slack.waiting.length === 2)
    slack.waiting[1]?.fail()
    await left
    slack.waiting[0]?.answer()
    await renamed
    expect(await listedAs(directory, 'USAM')).toBe(false)
  })

  test('though they were here again for a moment, when it was read', async () => {
    let isSlow = false
    const slack = aSlack({ ids: ['USAM'], isSlow: () => isSlow })
    const directory = directoryOf(slack.client)
    slack.gone.add('USAM')
    await directory.everyone()
    isSlow = true
    slack.gone.delete('USAM')
    const back = directory.heardOf(slack.user('USAM'))
    await until(() => slack.waiting.length === 1)
    slack.gone.add('USAM')
    const left = directory.heardOf(slack.user('USAM'))
    slack.waiting[0]?.answer()
    isSlow = false
    for (const call of slack.waiting) call.answer()
    await Promise.all([back, left])
    for (const call of slack.waiting) call.answer()
    expect({
      listed: await listedAs(directory, 'USAM'),
      alone: isHere(await directory.facts('USAM')),
    }).toEqual({
      listed: false,
      alone: false,
    })
  })

  test('though Slack says so while our own database is asked who the listed are', async () => {
    let letGo = (): void => undefined
    let isAsked = false
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const people = memoryPeople(() => {
      isAsked = true
      return gate
    })
    const slack = aSlack({ ids: ['USAM', 'UADA'] })
    const directory = directoryOf(slack.client, people)
    const listing = directory.everyone()
    await until(() => isAsked)
    slack.gone.add('USAM')
    const left = directory.heardOf(slack.user('USAM'))
    await immediate()
    letGo()
    await left
    await listing
    expect(await listedAs(directory, 'USAM')).toBe(false)
  })
})

test('of whom Slack says something that cannot be read, what was known before does not count', async () => {
  const slack = aSlack({ ids: ['USAM'] })
  const directory = directoryOf(slack.client)
  await directory.facts('USAM')
  slack.gone.add('USAM')
  await directory.heardOf({ id: 'USAM', deleted: true })
  expect(isHere(await directory.facts('USAM'))).toBe(false)
})

test('what was read of somebody counts against a listing of before, though a later reading failed', async () => {
  const ids = Array.from({ length: 25 }, (_, i) => `U${i}`)
  const slack = aSlack({
    ids,
    isSlow: (method, of) => method === 'list' || (method === 'info' && of === 'U0'),
  })
  const directory = directoryOf(slack.client)
  const many = Promise.all(ids.map((id) => directory.freshFacts(id)))
  await until(() => slack.waiting.length === 1)
  slack.gone.add('U0')
  const [first, second] = [directory.facts('U0'), directory.freshFacts('U0')]
  await until(() => slack.waiting.length === 3)
  const [listing, ...infos] = slack.waiting
  infos[1]?.fail()
  await second
  infos[0]?.answer()
  expect(isHere(await first)).toBe(false)
  listing?.answer()
  expect(isHere((await many)[0] ?? 'unknown')).toBe(false)
})

test('what is read by two at once is remembered as it was asked for last', async () => {
  const remembering = new Remembering<string>()
  const later: (() => void)[] = []
  const read = (value: string) => () => new Promise<string>((resolve) => later.push(() => resolve(value)))
  const [one, two] = [remembering.get('a', 1, read('first')), remembering.get('a', 0, read('second'))]
  later[1]?.()
  await two
  later[0]?.()
  await one
  expect(remembering.peek('a', 60_000)).toBe('second')
})

/** People come and go, Slack says so a little later, and answers what it is asked in any order, or not at all. */
async function aRun(seed: number): Promise<string[]> {
  const random = seeded(seed)
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const ids = Array.from({ length: 24 }, (_, i) => `U${i}`)
  const few = ids.slice(0, 3)
  const slack = aSlack({ ids, isSlow: () => true })
  const directory = directoryOf(slack.client)
  const going: Promise<unknown>[] = []
  const wrong: string[] = []
  const events: (() => void)[] = []
  const changed = new Map<string, number>()
  const answerOne = (mayFail: boolean) => {
    const [call] = slack.waiting.splice(Math.floor(random() * slack.waiting.length), 1)
    if (mayFail && random() < 0.15) call?.fail()
    else call?.answer()
  }
  /** Whoever is asked about beside many others may be answered from the one list, which may be seconds old. */
  const many = { begun: 0, underWay: 0 }
  const asksMany = async () => {
    many.begun += 1
    many.underWay += 1
    await Promise.all(ids.map((one) => directory.freshFacts(one)))
    many.underWay -= 1
  }
  const asksAlone = async (id: string) => {
    const [was, changes] = [!slack.gone.has(id), changed.get(id)]
    const { begun, underWay } = many
    const found = isHere(await directory.freshFacts(id))
    const isAlone = underWay === 0 && begun === many.begun
    if (isAlone && changes === changed.get(id) && found !== 'unknown' && found !== was)
      wrong.push(`${id} was found ${found ? 'here' : 'gone'}`)
  }
  for (let i = 0; i < 60; i++) {
    const dice = random()
    const id = pick(few)
    if (dice < 0.2) {
      if (!slack.gone.delete(id)) slack.gone.add(id)
      changed.set(id, i)
      const said = slack.user(id)
      events.push(() => going.push(directory.heardOf(said)))
    } else if (dice < 0.4) events.shift()?.()
    else if (dice < 0.5) going.push(directory.facts(id))
    else if (dice < 0.56) going.push(asksAlone(id))
    else if (dice < 0.6) going.push(directory.everyone(pick([0, 60_000])))
    else if (dice < 0.63) going.push(asksMany())
    else answerOne(true)
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await immediate()
  }
  for (const event of events) event()
  let isOver = false
  void Promise.allSettled(going).then(() => (isOver = true))
  const isDone = () => isOver
  while (!isDone()) {
    answerOne(false)
    await immediate()
  }
  const answering = setInterval(() => answerOne(false), 0)
  const all = await directory.everyone()
  for (const id of few) {
    const facts = isHere(await directory.facts(id))
    const listed = all === 'unknown' ? undefined : all.people.find(({ person }) => person.slack.userId === id)
    if (facts !== 'unknown' && facts !== !slack.gone.has(id)) wrong.push(`${id} is not as remembered`)
    if (listed && listed.isHere === slack.gone.has(id)) wrong.push(`${id} is not as listed`)
  }
  clearInterval(answering)
  return wrong.length > 0 ? [`seed ${seed}: ${wrong.join('; ')}`] : []
}

test('in the end everybody is known as they are, and who is asked about alone is never as they were before', async () => {
  const wrong: string[] = []
  const began = performance.now()
  for (let seed = 1; performance.now() - began < 4_000; seed++) wrong.push(...(await aRun(seed)))
  expect(wrong.slice(0, 5).join('\n')).toBe('')
}, 30_000)
