import { Hono, type Context } from 'hono'
import type { StoredUser } from '../../domain/ports/scim.ts'
import { attributesOf, userPatch, userPut } from '../../domain/scim/resource.ts'
import type { Complex } from '../../domain/scim/json.ts'
import { users as kind } from '../../domain/scim/schema.ts'
import { shown, wants } from '../../domain/scim/shown.ts'
import { userOf } from '../../domain/scim/user.ts'
import { answer, asList, failure, locationOf, userResource } from './answers.ts'
import { bodyOf, listingBy, wantedBy } from './asked.ts'
import { etagOf, ifMatch, isAmong } from './etags.ts'
import { missing, type Edge, type Named } from './edge.ts'

export function userRoutes({ store, base, changed }: Edge): Hono<Named> {
  const app = new Hono<Named>()

  /** Groups are read where somebody is answered alone: in a list they are left out unless asked for by name. */
  const respond = async (context: Context, status: 200 | 201, user: StoredUser) => {
    const wanted = wantedBy(context, kind)
    // Who was just made is in none; who was brought back may be.
    const isNew = status === 201 && user.version === '1'
    const groups = async () => (isNew ? [] : ((await store.groupsOf([user.id])).get(user.id) ?? []))
    const memberOf = wants(wanted, 'groups') ? await groups() : null
    return answer(context, status, shown(userResource(base, user, memberOf), wanted), {
      ETag: etagOf(user.version),
      Location: locationOf(base, kind, user.id),
    })
  }

  app.get('/', async (context) => {
    const listing = listingBy(context, kind)
    const { total, items } = await store.users(context.get('source'), listing)
    const wanted = wantedBy(context, kind)
    const isAsked = wanted.only !== null && wants(wanted, 'groups')
    const memberOf = isAsked ? await store.groupsOf(items.map(({ id }) => id)) : null
    const resources = items.map((user) =>
      shown(userResource(base, user, memberOf === null ? null : (memberOf.get(user.id) ?? [])), wanted),
    )
    return answer(context, 200, asList(resources, { total, skip: listing.skip }))
  })
  app.post('/', async (context) => {
    const user = userOf(attributesOf(kind, await bodyOf(context)))
    const { stored, users } = await store.addUser(context.get('source'), user)
    changed({ users })
    return respond(context, 201, stored)
  })
  app.get('/:id', async (context) => {
    const user = await store.user(context.get('source'), context.req.param('id'))
    if (user === null) return missing(context, kind)
    const known = context.req.header('if-none-match')
    if (known !== undefined && isAmong(known, user.version)) {
      // Groups are in the answer, and not in its version: of who is in any it is not said that nothing changed.
      const isWhole = !wants(wantedBy(context, kind), 'groups')
      if (isWhole || (await store.groupsOf([user.id])).size === 0)
        return context.body(null, 304, { ETag: etagOf(user.version) })
    }
    return respond(context, 200, user)
  })

  const change = async (context: Context<Named>, id: string, how: (was: Complex) => Complex) => {
    const condition = ifMatch(context.req.header('if-match'))
    const written = await store.changeUser(context.get('source'), id, how, condition)
    if (written === null) return missing(context, kind)
    // Also where nothing changed: a 503 may have been answered to what was written all the same.
    changed({ users: [id] })
    return respond(context, 200, written.stored)
  }
  app.put('/:id', async (context) => change(context, context.req.param('id'), userPut(await bodyOf(context))))
  app.patch('/:id', async (context) =>
    change(context, context.req.param('id'), userPatch(await bodyOf(context))),
  )
  app.delete('/:id', async (context) => {
    const condition = ifMatch(context.req.header('if-match'))
    const users = await store.deleteUser(context.get('source'), context.req.param('id'), condition)
    changed({ users: users ?? [context.req.param('id')] })
    if (users === null) return missing(context, kind)
    return context.body(null, 204)
  })
  app.all('/', (context) =>
    failure(context, 405, 'Users are listed and made here.', { headers: { Allow: 'GET, POST' } }),
  )
  app.all('/:id', (context) =>
    failure(context, 405, 'A user is read, changed and deleted.', {
      headers: { Allow: 'GET, PUT, PATCH, DELETE' },
    }),
  )
  return app
}
