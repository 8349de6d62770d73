import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  aClient,
  byName,
  dropFromRules,
  freeAddresses,
  keyOf,
  publish,
  type ExtClient,
  type State,
} from './state.ts'

/** What a PUT says; Go's zero values stand for what it leaves out. */
export const updateSchema = z.object({
  clientid: z.string().default(''),
  publickey: z.string().default(''),
  dns: z.string().default(''),
  extraallowedips: z.array(z.string()).nullish(),
  enabled: z.boolean().default(false),
  deniednodeacls: z.record(z.string(), z.looseObject({})).nullish(),
  postup: z.string().default(''),
  postdown: z.string().default(''),
  tags: z.record(z.string(), z.looseObject({})).nullish(),
})
type Update = z.infer<typeof updateSchema>

const atOnce = new Map<string, number>()

/** Counts what runs at the same time. */
async function counted<T>(
  state: State,
  client: Pick<ExtClient, 'clientid' | 'network'>,
  work: () => Promise<T>,
): Promise<T> {
  const keys = [`network ${client.network}`, `client ${client.clientid}`] as const
  for (const key of keys) atOnce.set(key, (atOnce.get(key) ?? 0) + 1)
  const [network, one] = keys.map((key) => atOnce.get(key) ?? 0)
  state.mostAtOnce = {
    network: Math.max(state.mostAtOnce.network, network ?? 0),
    client: Math.max(state.mostAtOnce.client, one ?? 0),
  }
  try {
    return await work()
  } finally {
    for (const key of keys) atOnce.set(key, (atOnce.get(key) ?? 1) - 1)
  }
}

/** Deletes, and inserts a moment later; the message of a 500 where it cannot. */
export async function replace(state: State, old: ExtClient, update: Update): Promise<ExtClient | string> {
  return counted(state, old, async () => {
    const changed: ExtClient = {
      ...old,
      clientid: update.clientid,
      publickey: update.publickey === '' ? old.publickey : update.publickey,
      dns: update.dns,
      extraallowedips: update.extraallowedips ?? null,
      enabled: update.enabled,
      deniednodeacls: update.deniednodeacls ?? old.deniednodeacls,
      postup: update.postup.replaceAll('\r\n', '\n'),
      postdown: update.postdown.replaceAll('\r\n', '\n'),
      tags: update.tags ?? null,
    }
    if (!state.clients.delete(keyOf(old))) return 'no result found'
    dropFromRules(state, old)
    await sleep(state.gapMs)
    await state.held?.over
    if (changed.clientid === '') return 'unable to get record key'
    state.clients.set(keyOf(changed), changed)
    publish(state, changed, changed.enabled ? 500 : 10)
    return changed
  })
}

/** Nothing holds the name meanwhile: of two with one name the last one stays. */
export async function insert(
  state: State,
  given: Omit<Parameters<typeof aClient>[0], 'address'>,
): Promise<ExtClient> {
  const { network, clientid = '' } = given
  return counted(state, { network, clientid }, async () => {
    const client = aClient({ ...given, address: freeAddresses(state, network)() })
    await sleep(state.gapMs)
    await state.held?.over
    state.clients.set(keyOf(client), client)
    publish(state, client, 10)
    return client
  })
}

/** Many at once, later; what a change leaves out is wiped here too. */
export function replaceLater(state: State, ids: readonly string[], isEnabled: boolean): void {
  setTimeout(() => {
    for (const id of ids) {
      const old = byName(state, id)
      if (!old) continue
      const { clientid, publickey, dns, extraallowedips, deniednodeacls } = old
      void replace(state, old, {
        clientid,
        publickey,
        dns,
        extraallowedips,
        deniednodeacls,
        enabled: isEnabled,
        postup: '',
        postdown: '',
        tags: null,
      })
    }
  }, 30)
}
