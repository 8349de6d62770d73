/** What the manifest asks for, and what Curfew cannot do without each. */
export const scopes: ReadonlyMap<string, string> = new Map([
  ['commands', 'nobody can type /request-access'],
  ['chat:write', 'there are no cards and no DMs'],
  ['im:write', 'people who never wrote to the app get no DMs'],
  ['users:read', 'nobody is known, and nothing is given'],
  ['users:read.email', 'nobody is known on a system, and lists of e-mails name nobody'],
  ['usergroups:read', 'groups such as @dba have nobody in them'],
  ['channels:read', 'approvers who cannot see a card are not found out, nor what is wrong with a channel'],
  ['groups:read', 'the same of private channels'],
])
