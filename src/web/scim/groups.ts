import { Hono, type Context } from 'hono'
import type { StoredGroup } from '../../domain/ports/scim.ts'
import type { Complex } from '../../domain/scim/json.ts'
import { groupPatch, groupPut, type GroupChange } from '../../domain/scim/resource.ts'
import { groups as kind } from '../../domain/scim/schema.ts'
import { shown, wants, type Wanted } from '../../domain/scim/shown.ts'
import { answer, asList, failure, groupResource, locationOf, memberResource } from './answers.ts'
import { bodyOf, listingBy, wantedBy } from './asked.ts'
import { missing, type Edge, type Named } from './edge.ts'
import { etagOf, ifMatch, isAmong } from './etags.ts'

/** So many members are answered in one list: one that has more ends earlier, and the next page goes on there. */
const mostInList = 50_000

export function groupRoutes({ store, base, changed }: Edge): Hono<Named> {
  const app = new Hono<Named>()

  const respond = async (context: Context, status: 200 | 201, group: StoredGroup) => {
    const wanted = wantedBy(context, kind)
    const text = JSON.stringify(shown(groupResource(base, group), wanted))
    const whole = wants(wanted, 'members')
      ? `${text.slice(0, -1)},"members":${await membersAsText(group.id, wanted)}}`
      : text
    return answer(context, status, whole, {
      ETag: etagOf(group.version),
      Location: locationOf(base, kind, group.id),
    })
  }
  /** Written batch by batch: fifty thousand at once would keep the process from all else for too long. */
  const membersAsText = async (id: string, wanted: Wanted): Promise<string> => {
    const texts: string[] = []
    for await (const batch of store.membersOf(id)) {
      const text = JSON.stringify(shown(withMembers({}, base, batch), wanted)['members'] ?? [])
      texts.push(text.slice(1, -1))
    }
    return `[${texts.join(',')}]`
  }

  app.get('/', async (context) => {
    const listing = listingBy(context, kind)
    const wanted = wantedBy(context, kind)
    const { total, items } = await store.groups(context.get('source'), listing)
    const ids = items.map(({ id }) => id)
    const members =
      wants(wanted, 'members') && ids.length > 0 ? await store.membersOfEach(ids, mostInList) : null
    const listed = members === null ? items : items.filter(({ id }) => members.has(id))
    const resources = listed.map((group) => {
      const resource = groupResource(base, group)
      return shown(
        members === null ? resource : withMembers(resource, base, members.get(group.id) ?? []),
        wanted,
      )
    })
    return answer(context, 200, asList(resources, { total, skip: listing.skip }))
  })
  app.post('/', async (context) => {
    const { stored, users } = await store.addGroup(context.get('source'), groupPut(await bodyOf(context)))
    if (users.length > 0) changed({ users })
    return respond(context, 201, stored)
  })
  app.get('/:id', async (context) => {
    const group = await store.group(context.get('source'), context.req.param('id'))
    if (group === null) return missing(context, kind)
    const known = context.req.header('if-none-match')
    if (known !== undefined && isAmong(known, group.version))
      return context.body(null, 304, { ETag: etagOf(group.version) })
    return respond(context, 200, group)
  })

  /** Whether there was one to change. */
  const change = async (context: Context<Named>, id: string, how: GroupChange): Promise<boolean> => {
    const condition = ifMatch(context.req.header('if-match'))
    const users = await store.changeGroup(context.get('source'), id, how, condition)
    if (users !== null && users.length > 0) changed({ users })
    return users !== null
  }
  app.put('/:id', async (context) => {
    const id = context.req.param('id')
    const isThere = await change(context, id, groupPut(await bodyOf(context)))
    const group = isThere ? await store.group(context.get('source'), id) : null
    return group === null ? missing(context, kind) : respond(context, 200, group)
  })
  app.patch('/:id', async (context) => {
    const isThere = await change(context, context.req.param('id'), groupPatch(await bodyOf(context)))
    return isThere ? context.body(null, 204) : missing(context, kind)
  })
  app.delete('/:id', async (context) => {
    const condition = ifMatch(context.req.header('if-match'))
    const users = await store.deleteGroup(context.get('source'), context.req.param('id'), condition)
    if (users === null) return missing(context, kind)
    if (users.length > 0) changed({ users })
    return context.body(null, 204)
  })
  app.all('/', (context) =>
    failure(context, 405, 'Groups are listed and made here.', { headers: { Allow: 'GET, POST' } }),
  )
  app.all('/:id', (context) =>
    failure(context, 405, 'A group is read, changed and deleted.', {
      headers: { Allow: 'GET, PUT, PATCH, DELETE' },
    }),
  )
  return app
}

const withMembers = (resource: Complex, base: string, ids: readonly string[]): Complex => ({
  ...resource,
  members: ids.map((id) => memberResource(base, id)),
})
