import { z } from 'zod'
import {
  expectChanges,
  expectInvites,
  expectOpen,
  expectReads,
  expectSees,
  expectWrites,
  owns,
} from './access.ts'
import { page, parsed, type Asked, type Route } from './ask.ts'
import { slugOf, type Caller, type Directory, type Organization, type Team, type User } from './directory.ts'
import { invalid, notFound, Refusal } from './refusal.ts'

const shownUser = ({ id, login }: User) => ({ id, login, type: 'User' })
const shownTeam = ({ id, slug, name, privacy, type, parent, organization }: Team) => ({
  id,
  node_id: `T_${id}`,
  slug,
  name,
  privacy,
  type,
  parent: parent === null ? null : { id: parent.id, slug: parent.slug },
  organization: { id: organization.id, login: organization.login },
})

/** As whom GitHub shows whoever invites. */
function inviterOf(who: Caller): string {
  if (who.kind === 'classic' || who.kind === 'fine') return who.user.login
  if (who.kind === 'site') return 'site-admin'
  return `${(who.kind === 'app' ? who.app : who.installation.app).slug}[bot]`
}

const newMembership = z.strictObject({ role: z.enum(['member', 'maintainer']).default('member') })
const newTeam = z.strictObject({
  name: z.string().min(1),
  parent_team_id: z.number().optional(),
  privacy: z.enum(['closed', 'secret']).default('closed'),
})
const newOrgMembership = z.strictObject({ role: z.enum(['member', 'admin']).default('member') })

/** What can be asked about a directory; the first route that fits is taken. */
export function routesOf(directory: Directory): readonly Route[] {
  const known = <T>(one: T | undefined): T => {
    if (one === undefined) throw notFound()
    return one
  }
  const organization = (login = '') => known(directory.organization(login))
  const user = (login = '') => known(directory.user(login))
  const byNumber = ({ ids }: Asked): Team => {
    const team = known(directory.teams.get(Number(ids[1])))
    if (String(team.organization.id) !== ids[0]) throw notFound()
    return team
  }
  const bySlug = ({ ids }: Asked): Team =>
    known(directory.teamsOf(organization(ids[0])).find(({ slug }) => slug === ids[1]))

  const stateOf = (team: Team, login: string) => {
    const member = user(login)
    if (team.pending.has(member)) return { state: 'pending', role: 'member' }
    const role = directory.everybodyIn(team).get(member)
    if (role === undefined) throw notFound()
    const isOwner = team.organization.members.get(member) === 'admin'
    return { state: 'active', role: isOwner ? 'maintainer' : role }
  }

  /** A team is asked about by its number or by its name. */
  const ofTeams = (prefix: string, find: (asked: Asked) => Team): readonly Route[] => [
    [
      `GET ${prefix}`,
      (asked) => {
        const team = find(asked)
        expectSees(asked.who, team, directory)
        return [200, shownTeam(team)]
      },
    ],
    [
      `PATCH ${prefix}`,
      (asked) => {
        const team = find(asked)
        expectChanges(asked.who, team, directory)
        const { name } = parsed(z.strictObject({ name: z.string().min(1) }), asked.body)
        team.name = name
        team.slug = slugOf(name)
        return [200, shownTeam(team)]
      },
    ],
    [
      `DELETE ${prefix}`,
      (asked) => {
        const team = find(asked)
        expectChanges(asked.who, team, directory)
        directory.teams.delete(team.id)
        return [204]
      },
    ],
    [
      `GET ${prefix}/teams`,
      (asked) => {
        const team = find(asked)
        expectSees(asked.who, team, directory)
        return page(asked, directory.below(team), shownTeam)
      },
    ],
    [
      `GET ${prefix}/members`,
      (asked) => {
        const team = find(asked)
        expectSees(asked.who, team, directory)
        return page(asked, [...directory.everybodyIn(team).keys()], shownUser)
      },
    ],
    [
      `GET ${prefix}/memberships/*`,
      (asked) => {
        const team = find(asked)
        expectSees(asked.who, team, directory)
        return [200, stateOf(team, asked.ids[2] ?? '')]
      },
    ],
    [
      `PUT ${prefix}/memberships/*`,
      (asked) => {
        const team = find(asked)
        expectChanges(asked.who, team, directory)
        const { role } = parsed(newMembership, asked.body)
        const member = user(asked.ids[2])
        expectOpen(team)
        if (team.organization.members.has(member)) team.members.set(member, role)
        else {
          if (!owns(asked.who, team.organization)) throw new Refusal(403, 'You must be an organization owner')
          directory.invite(team.organization, member, inviterOf(asked.who))
          team.pending.add(member)
        }
        return [200, stateOf(team, member.login)]
      },
    ],
    [
      `DELETE ${prefix}/memberships/*`,
      (asked) => {
        const team = find(asked)
        expectChanges(asked.who, team, directory)
        const member = user(asked.ids[2])
        expectOpen(team)
        const was = [team.members.delete(member), team.pending.delete(member)]
        if (!was.includes(true)) throw notFound()
        return [204]
      },
    ],
  ]

  const filledBy =
    (way: NonNullable<Team['filledBy']>['way']): Route[1] =>
    (asked) => {
      const team = bySlug(asked)
      expectSees(asked.who, team, directory)
      // An organization without an identity provider is told that it has none.
      if (team.filledBy?.way !== way)
        throw way === 'team-sync' ? notFound() : new Refusal(400, 'This organization is not part of one.')
      return [200, { groups: [{ group_id: '1', group_name: team.filledBy.group }] }]
    }
  const endFilling: Route[1] = (asked) => {
    const team = bySlug(asked)
    expectChanges(asked.who, team, directory)
    team.filledBy = null
    return asked.body === undefined ? [204] : [200, { groups: [] }]
  }
  const itself = ({ who }: Asked): User => {
    if (who.kind === 'classic' || who.kind === 'fine') return who.user
    throw new Refusal(403, 'Resource not accessible by integration')
  }
  const orgStateOf = (of: Organization, member: User) => {
    const role = of.members.get(member)
    if (role !== undefined) return { state: 'active', role }
    if (![...of.invitations.values()].some((one) => one.user === member)) throw notFound()
    return { state: 'pending', role: 'member' }
  }

  return [
    [
      'GET /user',
      (asked) => {
        const shown = shownUser(itself(asked))
        if (asked.who.kind !== 'classic') return [200, shown]
        return [200, shown, { 'x-oauth-scopes': asked.who.scopes.join(', ') }]
      },
    ],
    [
      'GET /user/memberships/orgs/*',
      (asked) => {
        const of = organization(asked.ids[0])
        expectReads(asked.who, of)
        return [200, orgStateOf(of, itself(asked))]
      },
    ],
    ['GET /users/*', ({ ids }) => [200, shownUser(user(ids[0]))]],
    ['GET /user/*', ({ ids }) => [200, shownUser(known(directory.users.get(Number(ids[0]))))]],
    [
      'GET /orgs/*',
      ({ ids }) => {
        const { id, login } = organization(ids[0])
        return [200, { id, login }]
      },
    ],
    [
      'GET /orgs/*/teams',
      (asked) => {
        const of = organization(asked.ids[0])
        expectReads(asked.who, of)
        return page(asked, directory.teamsOf(of), shownTeam)
      },
    ],
    [
      'POST /orgs/*/teams',
      (asked) => {
        const of = organization(asked.ids[0])
        expectWrites(asked.who, of)
        const { name, privacy, parent_team_id: parentId } = parsed(newTeam, asked.body)
        const parent = parentId === undefined ? null : known(directory.teams.get(parentId))
        const team: Team = {
          id: directory.nextId(),
          organization: of,
          name,
          slug: slugOf(name),
          parent,
          privacy,
          type: 'organization',
          members: new Map(),
          pending: new Set(),
          filledBy: null,
        }
        if (directory.teamsOf(of).some(({ slug }) => slug === team.slug)) throw invalid('name')
        directory.teams.set(team.id, team)
        return [201, shownTeam(team)]
      },
    ],
    ['GET /orgs/*/teams/*/external-groups', filledBy('external-groups')],
    ['DELETE /orgs/*/teams/*/external-groups', endFilling],
    ['GET /orgs/*/teams/*/team-sync/group-mappings', filledBy('team-sync')],
    ['PATCH /orgs/*/teams/*/team-sync/group-mappings', endFilling],
    [
      'GET /orgs/*/memberships/*',
      (asked) => {
        const of = organization(asked.ids[0])
        expectReads(asked.who, of)
        return [200, orgStateOf(of, user(asked.ids[1]))]
      },
    ],
    [
      'PUT /orgs/*/memberships/*',
      (asked) => {
        const of = organization(asked.ids[0])
        expectWrites(asked.who, of)
        const { role } = parsed(newOrgMembership, asked.body)
        const member = user(asked.ids[1])
        if (of.members.has(member)) of.members.set(member, role)
        else directory.invite(of, member, inviterOf(asked.who))
        return [200, orgStateOf(of, member)]
      },
    ],
    [
      'DELETE /orgs/*/memberships/*',
      (asked) => {
        const of = organization(asked.ids[0])
        expectWrites(asked.who, of)
        directory.leave(of, user(asked.ids[1]))
        return [204]
      },
    ],
    [
      'GET /orgs/*/invitations',
      (asked) => {
        const of = organization(asked.ids[0])
        expectInvites(asked.who, of)
        return page(asked, [...of.invitations.values()], ({ id, user: { login }, inviter }) => ({
          id,
          login,
          inviter: { login: inviter },
        }))
      },
    ],
    [
      'GET /orgs/*/invitations/*/teams',
      (asked) => {
        const of = organization(asked.ids[0])
        expectInvites(asked.who, of)
        const { user: invited } = known(of.invitations.get(Number(asked.ids[1])))
        return page(
          asked,
          directory.teamsOf(of).filter((team) => team.pending.has(invited)),
          shownTeam,
        )
      },
    ],
    [
      'DELETE /orgs/*/invitations/*',
      (asked) => {
        const of = organization(asked.ids[0])
        expectInvites(asked.who, of)
        const { user: invited } = known(of.invitations.get(Number(asked.ids[1])))
        directory.leave(of, invited)
        return [204]
      },
    ],
    ...ofTeams('/organizations/*/team/*', byNumber),
    ...ofTeams('/orgs/*/teams/*', bySlug),
  ]
}
