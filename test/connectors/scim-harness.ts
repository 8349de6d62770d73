import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { scim } from '../../src/connectors/scim/scim.ts'
import type { Connector } from '../../src/domain/connector.ts'
import { startScim2 } from '../support/scim2.ts'
import { surroundings, type Harness } from '../../src/testing/contract.ts'

const token = 'curfew-only-token'
const urn = 'urn:ietf:params:scim:schemas:core:2.0:'
const made = z.object({ id: z.string() })
const group = z.object({ members: z.array(z.object({ value: z.string() })).default([]) })
const bulk = z.object({ Operations: z.array(z.object({ location: z.string() })) })

export interface ScimHarness extends Harness {
  vanish(principal: string): Promise<void>
  readonly url: string
  connectWith(settings: object): Connector
  /** Asks the server by a hand of its own. */
  asked(method: string, path: string, body?: unknown): Promise<unknown>
  idOf(principal: string): string
}

export const connectScim = (url: string, settings: object, timeoutMs = 2_500): Connector =>
  scim.connect(scim.settings.parse({ url, ...settings }), surroundings(timeoutMs))

/** A real SCIM server: scim2-server, in memory. */
export async function aScim2Server(): Promise<ScimHarness> {
  const server = await startScim2(token)
  const ids = new Map<string, string>()
  /** One after the other: it takes few connections at once. */
  let before: Promise<unknown> = Promise.resolve()
  const asked = (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = before.then(() => askedNow(method, path, body))
    before = answer.catch(() => undefined)
    return answer
  }
  const askedNow = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
  const idOf = (principal: string) => ids.get(principal) ?? ''
  const connect = (url = server.url, settings: object = {}) => connectScim(url, { token, ...settings })

  return {
    url: server.url,
    port: server.port,
    secrets: [token, 'wrong-token'],
    asked,
    idOf,
    connect: () => connect(),
    connectWith: (settings) => connect(server.url, settings),
    connectBy: (port) => connect(`http://127.0.0.1:${port}/v2`),
    connectUnreachable: () => connect('http://127.0.0.1:1/v2'),
    connectWithBadCredentials: () => connect(server.url, { token: 'wrong-token' }),
    async aPrincipal(name = `ada-${randomUUID()}@example.com`) {
      ids.set(name, made.parse(await asked('POST', '/Users', { schemas: [`${urn}User`], userName: name })).id)
      return name
    },
    async fill(target, count) {
      for (let from = 0; from < count; from += 1_000) {
        const Operations = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => ({
          method: 'POST',
          path: '/Users',
          bulkId: String(i),
          data: { schemas: [`${urn}User`], userName: `member-${from + i}-${randomUUID()}` },
        }))
        const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest']
        const answer = bulk.parse(await asked('POST', '/Bulk', { schemas, Operations }))
        const value = answer.Operations.map(({ location }) => ({ value: location.split('/').at(-1) }))
        await asked('PATCH', `/Groups/${String(target['group'])}`, {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'add', path: 'members', value }],
        })
      }
    },
    async vanish(principal) {
      await asked('DELETE', `/Users/${idOf(principal)}`)
    },
    async aTarget() {
      const displayName = `dba-${randomUUID()}`
      const { id } = made.parse(await asked('POST', '/Groups', { schemas: [`${urn}Group`], displayName }))
      return { target: { group: id }, sameTarget: { group: id } }
    },
    async vanishTarget(target) {
      await asked('DELETE', `/Groups/${String(target['group'])}`)
    },
    async lacking() {
      const displayName = `team-${randomUUID()}`
      const { id } = made.parse(await asked('POST', '/Groups', { schemas: [`${urn}Group`], displayName }))
      return [
        {
          connector: connect(),
          target: { group: 'no such group' },
          what: /^the group no such group does not exist$/,
          remedy: /^POST http.*\/v2\/Groups \{.*"no such group"\}$/,
        },
        {
          connector: connect(),
          target: { group: displayName },
          what: new RegExp(`${displayName} does not exist; one that is called so has the id ${id}`),
          remedy: new RegExp(`^target: \\{ group: "${id}" \\}$`),
        },
      ]
    },
    async reallyHolds(principal, target) {
      const { members } = group.parse(await asked('GET', `/Groups/${String(target['group'])}`))
      return members.some(({ value }) => value === idOf(principal))
    },
    async freeze() {
      const thaw = await server.freeze()
      return async () => {
        thaw()
        // What had arrived while it was frozen is done with once it has answered what came after.
        await asked('GET', '/ServiceProviderConfig')
      }
    },
    stop: () => server.stop(),
  }
}
