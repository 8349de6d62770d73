import type { Caller, Directory, Organization, Team } from './directory.ts'
import { notFound, Refusal } from './refusal.ts'

const isIn = (scopes: readonly string[], wanted: readonly string[]) =>
  wanted.some((scope) => scopes.includes(scope))

const notByIntegration = () =>
  new Refusal(403, 'Resource not accessible by integration', {
    'x-accepted-github-permissions': 'members=write',
  })
const notByToken = () => new Refusal(403, 'Resource not accessible by personal access token')

function expectSso(organization: Organization, sso: boolean): void {
  if (!sso)
    throw new Refusal(
      403,
      'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
      {
        'x-github-sso': `required; url=https://github.com/orgs/${organization.login}/sso?authorization_request=secret`,
      },
    )
}

/** Throws unless the caller may read who is in an organization. What is not theirs is hidden from them. */
export function expectReads(who: Caller, organization: Organization): void {
  switch (who.kind) {
    case 'site':
      return
    case 'app':
      throw new Refusal(401, 'Bad credentials')
    case 'installation':
      if (who.installation.organization !== organization) throw notFound()
      if (who.installation.members === null) throw notByIntegration()
      return
    case 'fine':
      if (!organization.members.has(who.user)) throw notFound()
      expectSso(organization, who.sso)
      if (who.members === null) throw notByToken()
      return
    case 'classic':
      if (!organization.members.has(who.user)) throw notFound()
      expectSso(organization, who.sso)
      if (!isIn(who.scopes, ['read:org', 'write:org', 'admin:org'])) throw notFound()
  }
}

export const owns = (who: Caller, organization: Organization): boolean =>
  who.kind === 'site' ||
  who.kind === 'installation' ||
  (who.kind !== 'app' && organization.members.get(who.user) === 'admin')

/** A secret team is seen by its members, by owners, and by apps. */
export function expectSees(who: Caller, team: Team, directory: Directory): void {
  expectReads(who, team.organization)
  if (team.privacy === 'closed' || owns(who, team.organization)) return
  if (who.kind === 'app' || who.kind === 'installation' || who.kind === 'site') return
  if (!directory.everybodyIn(team).has(who.user)) throw notFound()
}

/** Throws unless what the caller shows lets them change who is in an organization; what it lacks is a 404 for a scope. */
export function expectWrites(who: Caller, organization: Organization): void {
  expectReads(who, organization)
  if (who.kind === 'classic' && !isIn(who.scopes, ['write:org', 'admin:org'])) throw notFound()
  if (who.kind === 'fine' && who.members !== 'write') throw notByToken()
  if (who.kind === 'installation' && who.installation.members !== 'write') throw notByIntegration()
}

/** Throws unless the caller may see and end invitations into an organization. */
export function expectInvites(who: Caller, organization: Organization): void {
  expectWrites(who, organization)
  if (!owns(who, organization)) throw new Refusal(403, 'You must be an organization owner.')
}

/** Throws unless the caller may change who is in a team. */
export function expectChanges(who: Caller, team: Team, directory: Directory): void {
  expectSees(who, team, directory)
  expectWrites(who, team.organization)
  const isMaintainer =
    (who.kind === 'classic' || who.kind === 'fine') && team.members.get(who.user) === 'maintainer'
  if (!owns(who, team.organization) && !isMaintainer)
    throw new Refusal(403, 'You must be an organization owner or team maintainer to update team membership.')
}

/** Throws where somebody else says who is in a team. */
export function expectOpen(team: Team): void {
  if (team.type === 'enterprise')
    throw new Refusal(403, 'Enterprise teams cannot be changed by an organization.')
  if (team.filledBy !== null)
    throw new Refusal(
      403,
      'This team is managed by your identity provider. Memberships must be changed there.',
    )
}
