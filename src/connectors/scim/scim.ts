import { randomUUID } from 'node:crypto'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Lack,
  type Target,
} from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { givenBy } from '../given.ts'
import { groupsOf } from './groups.ts'
import { ability, displayNameFilter, groupUrn, named, namedList, personFilter, userList } from './messages.ts'
import { isNobody, peopleOf } from './people.ts'
import { isGone, refused, serverAt, type Server } from './server.ts'
import { scimSettings, scimTarget, type PersonKey, type ScimSettings } from './settings.ts'

const membersInPage = 2_000

/**
 * Membership of a group on a SCIM 2.0 server, for people whom the server knows.
 *
 * - Whoever is to be given something is looked up first, since servers take any id for a member, and keep whoever was
 *   deleted. Of nobody there is nothing to take: but for what was given since this process began and not yet taken, under
 *   the id of then.
 * - Members are added and removed by PATCH, one after the other in a group, under its version (If-Match) where it has one;
 *   what was written is read back, and written once more where a server lost it.
 * - `has` asks for the one member where the server was seen to answer that rightly, and else reads the group.
 *
 * Source: RFC 7643, RFC 7644; the tests run it against scim2-server, and against a stand-in for what that does not do.
 */
export const scim: ConnectorKind<ScimSettings> = {
  kind: 'scim',
  settings: scimSettings,
  target: scimTarget,
  canonical: groupOf,
  connect: (settings, surroundings): Connector => {
    const server = serverAt(settings, surroundings)
    const people = peopleOf(server, settings.person)
    const groups = groupsOf(server, { readsBack: settings.lag === 0 })

    const { lag, late, person: key } = settings
    const folded = (principal: string) => (key === 'externalId' ? principal : principal.toLowerCase())
    // What was lost by a server that tells the truth late is found lost by the look that follows.
    const given = givenBy({ keptMs: lag === 0 ? 0 : lag + late, folded })

    return {
      async give({ principal, target, signal }) {
        const group = groupOf(target)
        const doing = `add ${principal} to the group ${group}`
        if (isNobody(principal)) throw refused(doing, 'no person can be called so')
        const person = await people.find(principal, doing, signal)
        if (person === null) throw refused(doing, `nobody has the ${settings.person} ${principal}`)
        const wasGiven = given.under(principal, group).includes(person)
        given.add(principal, group, person)
        try {
          if (!(await groups.change(group, person, true, { doing, signal })))
            throw refused(doing, `the group ${group} does not exist`)
        } catch (error) {
          const isNothing = error instanceof ConnectorError && error.happened === 'no'
          if (isNothing && !wasGiven) given.remove(principal, group, person)
          throw error
        }
      },

      async take({ principal, target, signal }) {
        const group = groupOf(target)
        const doing = `remove ${principal} from the group ${group}`
        const found = await people.find(principal, doing, signal)
        const before = given
          .under(principal, group)
          .filter((id) => id !== found && !given.isAnothers(principal, group, id))
        for (const person of found === null ? before : [found, ...before])
          await groups.change(group, person, false, { doing, signal })
        given.taken(principal, group)
      },

      async has({ principal, target, signal }) {
        const group = groupOf(target)
        const doing = `say whether ${principal} is in the group ${group}`
        const found = await people.find(principal, doing, signal)
        const before = given.under(principal, group).filter((id) => id !== found)
        for (const person of found === null ? before : [found, ...before]) {
          if (await groups.isMember(group, person, { doing, signal })) return true
          // Whoever comes in later by another name does not come in by this one.
          if (person !== found && lag === 0) given.remove(principal, group, person)
        }
        return false
      },

      async list({ target, after, signal }) {
        const doing = `list who is in the group ${groupOf(target)}`
        const all = [...new Set((await groups.membersOf(groupOf(target), { doing, signal })) ?? [])].sort()
        const left = after === null ? all : all.filter((id) => id > after)
        const some = left.slice(0, membersInPage)
        const principals = await people.namesOf(some, doing, signal)
        return { principals, next: left.length > some.length ? (some.at(-1) ?? null) : null }
      },

      check: ({ targets, signal }) => checked(server, settings, targets, signal),
      canonicalPrincipal: folded,
      canonical: groupOf,
      where: placeAt('scim', new URL(settings.url)),
      hasLagMs: settings.lag,
      lateMs: settings.late,
      close: () => server.close(),
    }
  },
}

function groupOf(target: Target): string {
  return scimTarget.parse(target).group
}

async function checked(
  server: Server,
  { url, person }: ScimSettings,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<Lack[]> {
  const doing = 'be checked'
  const lacks = [...(await lacksOfServer(server, signal)), ...(await lacksOfLookUp(server, person, signal))]
  for (const group of new Set(targets.map(groupOf))) {
    const path = `/Groups/${encodeURIComponent(group)}?attributes=displayName`
    const answer = await server.send({ doing, method: 'GET', path, signal }, [404])
    if (isGone(answer, doing)) lacks.push(await missingGroup(server, group, url, signal))
    else server.read(named, answer, doing)
  }
  return lacks
}

/** What the server itself says that it cannot do; some do not say. */
async function lacksOfServer(server: Server, signal: AbortSignal): Promise<Lack[]> {
  const doing = 'be checked'
  const asked = { doing, method: 'GET', path: '/ServiceProviderConfig', signal } as const
  const answer = await server.send(asked, [400, 404, 405, 501])
  if (answer.status >= 300) return []
  const { patch, filter } = server.read(ability, answer, doing)
  return [
    ...(patch?.supported === false
      ? [{ what: 'it does not change groups by PATCH, which giving and taking need', remedy: null }]
      : []),
    ...(filter?.supported === false
      ? [{ what: 'it does not filter, which looking people up needs', remedy: null }]
      : []),
  ]
}

/** Nobody is called by what was just made up: a server that finds somebody does not look. */
async function lacksOfLookUp(server: Server, person: PersonKey, signal: AbortSignal): Promise<Lack[]> {
  const doing = 'be checked'
  const filter = encodeURIComponent(personFilter(person, `nobody-${randomUUID()}`))
  const asked = {
    doing,
    method: 'GET',
    path: `/Users?filter=${filter}&attributes=id&count=1`,
    signal,
  } as const
  const answer = await server.send(asked, [400, 501])
  const remedy = person === 'userName' ? null : 'person: userName'
  if (answer.status >= 300)
    return [{ what: `it does not look people up by ${person} (${answer.status})`, remedy }]
  const { totalResults, Resources } = server.read(userList, answer, doing)
  return totalResults > 0 || (Resources ?? []).length > 0
    ? [{ what: `it finds somebody when asked for a ${person} that nobody has`, remedy }]
    : []
}

/** People know groups by name: perhaps that was written. */
async function missingGroup(server: Server, group: string, url: string, signal: AbortSignal): Promise<Lack> {
  const filter = encodeURIComponent(displayNameFilter(group))
  const path = `/Groups?filter=${filter}&attributes=displayName&count=2`
  const answer = await server.send({ doing: 'be checked', method: 'GET', path, signal }, [400, 404, 501])
  const found = answer.status >= 300 ? [] : (server.read(namedList, answer, 'be checked').Resources ?? [])
  const [one, ...others] = found.filter(({ displayName }) => displayName === group)
  const what = `the group ${group} does not exist`
  if (one && others.length === 0)
    return {
      what: `${what}; one that is called so has the id ${one.id}`,
      remedy: `target: { group: ${JSON.stringify(one.id)} }`,
    }
  const body = JSON.stringify({ schemas: [groupUrn], displayName: group })
  return { what, remedy: `POST ${url.replace(/\/+$/, '')}/Groups ${body}` }
}
