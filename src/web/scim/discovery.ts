import { Hono } from 'hono'
import { groups, users, type Schema } from '../../domain/scim/schema.ts'
import { mostOperations } from '../../domain/scim/steps.ts'
import { answer, asList, failure } from './answers.ts'
import { mostBytes, mostListed } from './asked.ts'
import type { Named } from './edge.ts'

const schemas = 'urn:ietf:params:scim:schemas:core:2.0'
const kinds = [users, groups]

/** What the server can, and what its resources have. */
export function discovery(base: string): Hono<Named> {
  const app = new Hono<Named>()
  const configuration = {
    schemas: [`${schemas}:ServiceProviderConfig`],
    patch: { supported: true },
    // Said although there is none: authentik cuts its PATCH requests by it.
    bulk: { supported: false, maxOperations: mostOperations, maxPayloadSize: mostBytes },
    filter: { supported: true, maxResults: mostListed },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token that `curfew scim token create` made.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
  const types = kinds.map(({ name, path, core, extensions }) => ({
    schemas: [`${schemas}:ResourceType`],
    id: name,
    name,
    description: core.description,
    endpoint: `/${path}`,
    schema: core.id,
    schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }))
  const definitions = kinds
    .flatMap(({ core, extensions }) => [core, ...extensions])
    .map((one) => asResource(base, one))

  app.get('/ServiceProviderConfig', (context) => answer(context, 200, configuration))
  serve(app, '/ResourceTypes', types)
  serve(app, '/Schemas', definitions)
  app.all('/ServiceProviderConfig', (context) =>
    failure(context, 405, 'This is only read.', { headers: { Allow: 'GET' } }),
  )
  return app
}

const asResource = (base: string, { id, name, description, attributes }: Schema) => ({
  schemas: [`${schemas}:Schema`],
  id,
  name,
  description,
  attributes,
  meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
})

function serve(app: Hono<Named>, path: string, all: readonly { readonly id: string }[]): void {
  app.get(path, (context) =>
    context.req.query('filter') === undefined
      ? answer(context, 200, asList(all, { total: all.length, skip: 0 }))
      : failure(context, 403, 'There is no filter here.'),
  )
  app.get(`${path}/:id`, (context) => {
    const id = context.req.param('id').toLowerCase()
    const found = all.find((one) => one.id.toLowerCase() === id)
    return found === undefined
      ? failure(context, 404, 'There is nothing of this id.')
      : answer(context, 200, found)
  })
  for (const one of [path, `${path}/:id`])
    app.all(one, (context) => failure(context, 405, 'This is only read.', { headers: { Allow: 'GET' } }))
}
