import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { z } from 'zod'

const urn = 'urn:ietf:params:scim:'
const resource = z.object({ id: z.string() })
const list = z.object({ Resources: z.array(z.unknown()) })

/** What writing all of a directory took: the ids it was answered with, and each request's time. */
export interface Written {
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly tookMs: readonly number[]
  readonly seconds: number
}

export interface Amounts {
  readonly users: number
  readonly groups: number
  /** Of each group: so many in requests of their own, and so many in requests of `inBatch` each. */
  readonly singly: number
  readonly batches: number
  readonly inBatch: number
}

export const membershipsOf = (amounts: Amounts): number => amounts.groups * sizeOf(amounts)
export const writesOf = ({ users, groups, singly, batches }: Amounts): number =>
  users + groups * (1 + singly + batches)

/** Plays an identity provider that sends so many requests at once, each when one before it was answered. */
export function aProvider(server: { url: string; token: string }, atOnce: number) {
  const { origin, pathname } = new URL(server.url)
  const pool = new Pool(origin, { connections: atOnce })
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/scim+json' }
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<unknown> => {
    const asked = {
      method,
      path: pathname + path,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    }
    const answer = await pool.request(asked)
    const text = await answer.body.text()
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`)
    return text === '' ? null : JSON.parse(text)
  }
  const timed = async <T>(tookMs: number[], work: () => Promise<T>): Promise<T> => {
    const startMs = performance.now()
    const found = await work()
    tookMs.push(performance.now() - startMs)
    return found
  }
  const each = async <T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> => {
    const found: R[] = []
    const entries = all.entries()
    const lane = async () => {
      for (const [i, one] of entries) found[i] = await work(one)
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    return found
  }
  const make = async (tookMs: number[], path: string, body: unknown): Promise<string> =>
    resource.parse(await timed(tookMs, () => ask('POST', path, body))).id
  const add = (group: string, members: readonly string[]) =>
    ask('PATCH', `/Groups/${group}`, {
      schemas: [`${urn}api:messages:2.0:PatchOp`],
      Operations: [{ op: 'add', path: 'members', value: members.map((value) => ({ value })) }],
    })

  return {
    /** People first, then groups, then who is in them: as providers do in their first cycle. */
    async write(amounts: Amounts): Promise<Written> {
      const tookMs: number[] = []
      const startMs = performance.now()
      const users = await each(numbers(amounts.users), (i) => make(tookMs, '/Users', aUser(i)))
      const groups = await each(numbers(amounts.groups), (i) =>
        make(tookMs, '/Groups', {
          schemas: [`${urn}schemas:core:2.0:Group`],
          displayName: `group-${i}`,
          externalId: `g-${i}`,
        }),
      )
      const changes = groups.flatMap((group, i) => changesOf(amounts, users, group, i))
      await each(inTurns(changes, amounts.groups), ({ group, members }) =>
        timed(tookMs, () => add(group, members)),
      )
      return { users, groups, tookMs, seconds: (performance.now() - startMs) / 1_000 }
    },
    /** Every page, in order, one after the other. */
    async walk(people: number, pageSize: number): Promise<number[]> {
      const tookMs: number[] = []
      for (let startIndex = 1; startIndex <= people; startIndex += pageSize) {
        const page = await timed(tookMs, () =>
          ask('GET', `/Users?startIndex=${startIndex}&count=${pageSize}`),
        )
        if (list.parse(page).Resources.length !== pageSize) throw new Error(`no whole page at ${startIndex}`)
      }
      return tookMs
    },
    /** By userName, as Okta and Entra look before each change. */
    async lookUp(people: readonly number[]): Promise<number[]> {
      const tookMs: number[] = []
      await each(people, async (i) => {
        const filter = encodeURIComponent(`userName eq "${userNameOf(i)}"`)
        const found = await timed(tookMs, () => ask('GET', `/Users?filter=${filter}`))
        if (list.parse(found).Resources.length !== 1) throw new Error(`${userNameOf(i)} was not found`)
      })
      return tookMs
    },
    add,
    make: (i: number) => make([], '/Users', aUser(i)),
    /** As Okta's catalogue apps say that somebody left. */
    deactivate: (id: string) =>
      ask('PATCH', `/Users/${id}`, {
        schemas: [`${urn}api:messages:2.0:PatchOp`],
        Operations: [{ op: 'replace', value: { active: false } }],
      }),
    /** At an even pace, whether or not answers come. */
    async paced<T>(all: readonly T[], aSecond: number, work: (one: T) => Promise<unknown>): Promise<void> {
      const startMs = performance.now()
      const begun: Promise<unknown>[] = []
      for (const [i, one] of all.entries()) {
        const waitMs = startMs + (i * 1_000) / aSecond - performance.now()
        if (waitMs > 0) await sleep(waitMs)
        begun.push(work(one))
      }
      await Promise.all(begun)
    },
    close: () => pool.close(),
  }
}

export const userNameOf = (i: number): string => `person-${i}@acme.example`

/** About what Entra sends of somebody. */
const aUser = (i: number) => ({
  schemas: [`${urn}schemas:core:2.0:User`, `${urn}schemas:extension:enterprise:2.0:User`],
  externalId: `id-${i}`,
  userName: userNameOf(i),
  active: true,
  displayName: `Person ${i}`,
  name: { givenName: 'Person', familyName: String(i), formatted: `Person ${i}` },
  emails: [{ type: 'work', primary: true, value: userNameOf(i) }],
  title: 'Engineer',
  [`${urn}schemas:extension:enterprise:2.0:User`]: { employeeNumber: String(i), department: 'Orders' },
})

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Of one group: other people than of its neighbours, each once. */
function changesOf(amounts: Amounts, users: readonly string[], group: string, i: number) {
  const { singly, batches, inBatch } = amounts
  const first = firstOf(i)
  const members = numbers(sizeOf(amounts)).map((n) => users[(first + n) % users.length] ?? '')
  const one = members.slice(0, singly).map((member) => [member])
  const many = numbers(batches).map((n) => members.slice(singly + n * inBatch, singly + (n + 1) * inBatch))
  return [...one, ...many].map((added) => ({ group, members: added }))
}

const sizeOf = ({ singly, batches, inBatch }: Amounts): number => singly + batches * inBatch
const firstOf = (group: number): number => group * 37

/** Somebody who is not in the group `i % groups`: another one each time that it is asked for. */
export function outsiderOf(amounts: Amounts, i: number): number {
  const { groups, users } = amounts
  return (firstOf(i % groups) + sizeOf(amounts) + Math.floor(i / groups)) % users
}

/** The first of each group, then the second of each: so are many groups written at once, and some groups by several. */
function inTurns<T>(all: readonly T[], groups: number): T[] {
  const each = all.length / groups
  return all
    .map((_, i) => all[(i % groups) * each + Math.floor(i / groups)])
    .filter((one) => one !== undefined)
}
