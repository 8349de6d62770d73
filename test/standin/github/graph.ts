import { z } from 'zod'
import { expectSees } from './access.ts'
import { parsed, type Answer, type Asked, type Route } from './ask.ts'
import type { Directory } from './directory.ts'

/** The one question that is covered: who is in a team itself. */
const ownMembers =
  'query ($team: ID!, $after: String) { node(id: $team) { ... on Team { members(first: 100, after: $after, membership: IMMEDIATE) { nodes { databaseId login } pageInfo { hasNextPage endCursor } } } } }'
const perPage = 100

const asked = z.strictObject({
  query: z.string(),
  variables: z.strictObject({ team: z.string(), after: z.string().nullable() }),
})

const failed = (type: string, message: string): Answer => [
  200,
  { data: { node: null }, errors: [{ type, path: ['node'], message }] },
]

export const graphOf = (directory: Directory): Route => ['POST /graphql', (call) => answered(directory, call)]

function answered(directory: Directory, { who, body }: Asked): Answer {
  const { query, variables } = parsed(asked, body)
  if (query.replaceAll(/\s+/g, ' ').trim() !== ownMembers) return failed('undefinedField', 'is not covered')
  const team = directory.teams.get(Number(/^T_(\d+)$/.exec(variables.team)?.[1]))
  const missing = failed(
    'NOT_FOUND',
    `Could not resolve to a node with the global id of '${variables.team}'.`,
  )
  if (team === undefined) return missing
  try {
    expectSees(who, team, directory)
  } catch {
    return missing
  }
  const from = variables.after === null ? 0 : Number(Buffer.from(variables.after, 'base64').toString())
  const all = [...team.members.keys()]
  const hasNextPage = from + perPage < all.length
  const nodes = all.slice(from, from + perPage).map(({ id, login }) => ({ databaseId: id, login }))
  const endCursor = hasNextPage ? Buffer.from(String(from + perPage)).toString('base64') : null
  return [200, { data: { node: { members: { nodes, pageInfo: { hasNextPage, endCursor } } } } }]
}
