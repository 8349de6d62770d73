import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

interface Person {
  readonly id: string
  userName: string
  readonly externalId?: string
  readonly emails?: readonly { readonly value: string; readonly primary?: boolean }[]
}

/**
 * A SCIM server for what scim2-server does not do: each switch is one way in which others differ. Strict in the rest.
 * What it has not: schemas, POST, PUT, Bulk, sorting, any filter but those of the connector.
 */
export interface ScimStandIn {
  readonly url: string
  readonly tokenUrl: string
  readonly people: Map<string, Person>
  readonly groups: Map<string, { displayName: string; members: string[]; version: number }>
  /** What it was asked, as `PATCH /Groups/g1`, without queries. */
  readonly asked: string[]
  /** The queries and bodies of it, decoded. */
  readonly told: string[]
  /** Called before a PATCH is looked at. */
  meanwhile: (() => void) | null
  /** Bearer tokens that it accepts. */
  readonly accepted: Set<string>
  hasVersions: boolean
  /** How many of the next changes are answered as done, and lost. */
  losesNext: number
  /** `members.value` in a filter: understood, refused (400), not looked at (all groups), or answered with nothing. */
  memberFilter: 'understood' | 'refused' | 'ignored' | 'empty'
  ignoresUserFilter: boolean
  /** Its answer to the next requests, before anything else. */
  readonly next: { status: number; headers?: Record<string, string>; body?: string }[]
  /** Status and body for what is wanted already: 400 noTarget, 409. */
  refusesRepeats: { status: number; scimType: string } | null
  config: object | null
  mostInPage: number
  /** Answers of the token endpoint, and what was sent there. */
  readonly tokens: { status?: number; body: object }[]
  readonly tokenRequests: { authorization: string | undefined; body: string }[]
  stop(): Promise<void>
}

const urn = 'urn:ietf:params:scim:api:messages:2.0:'

export async function aScimStandIn(): Promise<ScimStandIn> {
  const server = createServer((request, response) => void answered(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const origin = `http://127.0.0.1:${address.port}`

  const one: ScimStandIn = {
    url: `${origin}/scim/v2`,
    tokenUrl: `${origin}/token`,
    people: new Map(),
    groups: new Map(),
    asked: [],
    told: [],
    meanwhile: null,
    accepted: new Set(['token-1']),
    hasVersions: false,
    losesNext: 0,
    memberFilter: 'understood',
    ignoresUserFilter: false,
    next: [],
    refusesRepeats: null,
    config: { patch: { supported: true }, filter: { supported: true, maxResults: 200 } },
    mostInPage: 200,
    tokens: [],
    tokenRequests: [],
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function answered(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const body = await text(request)
    const { pathname, searchParams } = new URL(String(request.url), origin)
    const says = (status: number, answer: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, headers).end(answer === null ? '' : JSON.stringify(answer))
    const fails = (status: number, scimType?: string, detail?: string) =>
      says(status, { schemas: [`${urn}Error`], status: String(status), scimType, detail })
    const lists = (all: readonly object[]) => {
      const from = Number(searchParams.get('startIndex') ?? 1) - 1
      const count = Math.min(Number(searchParams.get('count') ?? one.mostInPage), one.mostInPage)
      const Resources = all.slice(from, from + count)
      const counts = { totalResults: all.length, startIndex: from + 1, itemsPerPage: Resources.length }
      return says(200, { schemas: [`${urn}ListResponse`], ...counts, Resources })
    }
    if (pathname === '/token') {
      one.tokenRequests.push({ authorization: request.headers.authorization, body })
      const { status = 200, body: answer } = one.tokens.shift() ?? { status: 500, body: {} }
      return says(status, answer)
    }
    if (!pathname.startsWith('/scim/v2/')) return response.writeHead(404).end('<html>not here</html>')
    const [kind = '', id] = pathname.slice('/scim/v2/'.length).split('/').map(decodeURIComponent)
    one.asked.push(`${String(request.method)} ${pathname.slice('/scim/v2'.length)}`)
    one.told.push(searchParams.get('filter') ?? body)
    const said = one.next.shift()
    if (said) return response.writeHead(said.status, said.headers).end(said.body ?? '')
    const token = /^Bearer (.+)$/.exec(String(request.headers.authorization))?.[1] ?? ''
    if (!one.accepted.has(token)) return fails(401, undefined, `the token ${token} is not known`)
    if (kind === 'ServiceProviderConfig') return one.config ? says(200, one.config) : fails(404)
    if (kind === 'Users') {
      const found = id === undefined ? undefined : one.people.get(id)
      if (id !== undefined) return found ? says(200, found) : fails(404)
      return lists(usersBy(searchParams.get('filter')))
    }
    if (id === undefined) return groupsBy(searchParams.get('filter'), lists, fails)
    const group = one.groups.get(id)
    if (!group) return fails(404, undefined, `no group ${id}`)
    const headers = (): Record<string, string> => (one.hasVersions ? { etag: `W/"${group.version}"` } : {})
    if (request.method === 'GET') {
      const members = group.members.map((value) => ({ value }))
      const wanted = searchParams.get('attributes') === 'members'
      return says(200, { id, displayName: group.displayName, ...(wanted ? { members } : {}) }, headers())
    }
    one.meanwhile?.()
    one.meanwhile = null
    const match = request.headers['if-match']
    if (one.hasVersions && match !== undefined && match !== `W/"${group.version}"`) return fails(412)
    const { Operations } = JSON.parse(body) as {
      Operations: [{ op: string; path: string; value?: [{ value: string }] }]
    }
    const [{ op, path, value }] = Operations
    const person =
      op === 'add' && path === 'members'
        ? value?.[0].value
        : (JSON.parse(/^members\[value eq (".+")\]$/.exec(path)?.[1] ?? 'null') as string | undefined)
    if (!person || !['add', 'remove'].includes(op)) return fails(400, 'invalidPath')
    const isDone = group.members.includes(person) === (op === 'add')
    if (isDone && one.refusesRepeats) return fails(one.refusesRepeats.status, one.refusesRepeats.scimType)
    if (one.losesNext > 0) one.losesNext -= 1
    else if (!isDone) {
      group.members = op === 'add' ? [...group.members, person] : group.members.filter((id) => id !== person)
      group.version += 1
    }
    return says(204, null, headers())
  }

  function usersBy(filter: string | null): Person[] {
    const all = [...one.people.values()]
    const [, attribute, quoted] = /^(userName|emails\.value|externalId) eq (".*")$/.exec(filter ?? '') ?? []
    if (quoted === undefined || one.ignoresUserFilter) return all
    const asked = String(JSON.parse(quoted))
    const isSame = (text = '') => text.toLowerCase() === asked.toLowerCase()
    if (attribute === 'externalId') return all.filter(({ externalId }) => externalId === asked)
    if (attribute === 'userName') return all.filter(({ userName }) => isSame(userName))
    return all.filter(({ emails = [] }) => emails.some(({ value }) => isSame(value)))
  }

  function groupsBy(
    filter: string | null,
    lists: (all: readonly object[]) => ServerResponse,
    fails: (status: number, scimType?: string) => ServerResponse,
  ): ServerResponse {
    const all = [...one.groups].map(([id, { displayName }]) => ({ id, displayName }))
    const [, id, person] = /^id eq "(.+)" and members\.value eq "(.+)"$/.exec(filter ?? '') ?? []
    if (id === undefined || person === undefined) {
      const name = /^displayName eq (".*")$/.exec(filter ?? '')?.[1]
      return lists(
        name === undefined ? all : all.filter(({ displayName }) => displayName === JSON.parse(name)),
      )
    }
    if (one.memberFilter === 'refused') return fails(400, 'invalidFilter')
    if (one.memberFilter === 'ignored') return lists(all)
    if (one.memberFilter === 'empty') return lists([])
    return lists(all.filter((group) => group.id === id && one.groups.get(id)?.members.includes(person)))
  }

  return one
}
