import { parseArgs } from 'node:util'
import { table } from './catalog/table.ts'
import { ConfigError, readScimPlaces } from './config.ts'
import type { Act, ActType } from './domain/audit/act.ts'
import { parseDuration } from './domain/duration.ts'
import type { ScimToken, ScimTokenDesk } from './domain/ports/scim.ts'
import { hide } from './log.ts'
import { connect } from './mongo/connection.ts'
import { ensureIndexes } from './mongo/indexes.ts'
import { mongoScimTokenDesk } from './mongo/scim/tokens.ts'
import { asAct } from './operations/as-act.ts'
import { operator, recordingOf } from './operator.ts'
import { scimPath } from './web/scim/path.ts'

export const scimUsage = `curfew scim token create <source>   let a directory (okta, entra, …) write people and groups: prints its address and token
  --silent-after 2h       tell the admins when it was not heard of for so long
curfew scim token list    the tokens that live, and when each was used last
curfew scim token revoke <id>   end one at once`

const sourceName = /^[a-z][a-z0-9-]{0,30}$/

/** What was done, in words. Throws `ConfigError` for what cannot be. */
export async function scimTokens(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { 'silent-after': { type: 'string' } },
  })
  const [noun, verb, what] = positionals
  if (noun !== 'token') throw new ConfigError(scimUsage)
  const silentAfterMs = silence(values['silent-after'])
  if (verb === 'create') {
    if (what === undefined || !sourceName.test(what))
      throw new ConfigError(
        'Name the source: small letters, digits and hyphens, a letter first, 31 at most (okta).',
      )
    const { publicUrl } = readScimPlaces(environment)
    if (publicUrl === undefined)
      throw new ConfigError('PUBLIC_URL is not set: the address at which the directory reaches Curfew')
    return withDesk(environment, (desk) => create(desk, what, publicUrl, silentAfterMs))
  }
  if (verb === 'list') return withDesk(environment, async (desk) => listed(await desk.list()))
  if (verb === 'revoke' && what !== undefined) return withDesk(environment, (desk) => revoke(desk, what))
  throw new ConfigError(scimUsage)
}

function silence(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === null) throw new ConfigError(`--silent-after ${text} is no length of time, such as 2h`)
  return ms
}

function recordedDesk(desk: ScimTokenDesk, parts: Awaited<ReturnType<typeof recordingOf>>): ScimTokenDesk {
  const actOf = (type: ActType, id: string): Act => ({
    type,
    by: operator(),
    about: { kind: 'source', id, name: id },
    details: {},
  })
  return {
    list: () => desk.list(),
    create: (source, ...more) =>
      asAct(
        parts,
        actOf('directory-token-made', source),
        () => desk.create(source, ...more),
        (made) => ('living' in made ? null : 'done'),
      ),
    revoke: (id) =>
      asAct(
        parts,
        actOf('directory-token-revoked', id),
        () => desk.revoke(id),
        (ended) =>
          ended && {
            outcome: 'done',
            about: { kind: 'source', id: ended.source, name: ended.source },
            details: { token: id },
          },
      ),
  }
}

async function withDesk(
  environment: NodeJS.ProcessEnv,
  work: (desk: ScimTokenDesk) => Promise<string>,
): Promise<string> {
  const { mongodbUri } = readScimPlaces(environment)
  if (mongodbUri === undefined) throw new ConfigError('MONGODB_URI is not set')
  hide(mongodbUri)
  const connection = await connect(mongodbUri)
  try {
    // It may be the first that is done with this database.
    await ensureIndexes(connection)
    const desk = mongoScimTokenDesk(connection)
    return await work(recordedDesk(desk, await recordingOf(connection, environment)))
  } finally {
    await connection.close()
  }
}

async function create(
  desk: ScimTokenDesk,
  source: string,
  publicUrl: string,
  silentAfterMs: number | undefined,
): Promise<string> {
  const made = await desk.create(source, operator().operator, silentAfterMs)
  if ('living' in made) {
    const [oldest] = made.living
    throw new ConfigError(
      `${source} has two tokens that live, which is as many as may. Revoke the one that is not used any more (curfew scim token revoke ${oldest?.id ?? '<id>'}):\n${listed(made.living)}`,
    )
  }
  return [`Address: ${publicUrl}${scimPath}`, `Token, shown this once: ${made.token}`].join('\n')
}

async function revoke(desk: ScimTokenDesk, id: string): Promise<string> {
  const revoked = await desk.revoke(id)
  if (revoked === null) throw new ConfigError(`No token ${id} lives: see curfew scim token list`)
  return `Revoked ${id} of ${revoked.source}: nobody comes in by it any more.`
}

function listed(tokens: readonly ScimToken[]): string {
  if (tokens.length === 0) return 'No source has a token: curfew scim token create <source>'
  return table(
    ['ID', 'SOURCE', 'MADE', 'BY', 'LAST USED'],
    tokens.map(({ id, source, createdAt, by, lastUsedAt }) => [
      id,
      source,
      createdAt.toISOString(),
      by,
      lastUsedAt?.toISOString() ?? 'never',
    ]),
  )
}
