import { z } from 'zod'
import { ConnectorError } from '../../domain/connector.ts'
import type { Api, Asked } from './api.ts'
import { isMissing, system } from './failure.ts'
import type { IdentityCenterSettings } from './settings.ts'

const idSchema = z.object({ UserId: z.string().min(1) })
const personSchema = z.object({
  UserName: z.string().optional(),
  Emails: z.array(z.object({ Value: z.string().optional(), Primary: z.boolean().optional() })).optional(),
  UserStatus: z.string().optional(),
})

type Person = z.infer<typeof personSchema>

/** At once, of those whose names are looked up. */
const namedAtOnce = 8

export interface People {
  /** The id of whoever is called so, as AWS compares it; null where nobody is. */
  idOf(principal: string, asked: Asked): Promise<string | null>
  /** The same for somebody who is to be given something: rejects for good where that cannot be. */
  idToGive(principal: string, asked: Asked): Promise<string>
  /** What these are called; whoever is gone meanwhile, and whoever has no such name, is left out. */
  namesOf(ids: readonly string[], asked: Asked): Promise<string[]>
}

export function peopleOf(api: Api, { identityStore, people: by }: IdentityCenterSettings): People {
  const nameOf = ({ UserName, Emails = [] }: Person): string | null =>
    (by === 'userName' ? UserName : (Emails.find(({ Primary }) => Primary) ?? Emails[0])?.Value) ?? null

  async function idOf(principal: string, { doing, signal }: Asked): Promise<string | null> {
    const AlternateIdentifier = {
      UniqueAttribute: {
        AttributePath: by === 'userName' ? 'userName' : 'emails.value',
        AttributeValue: principal,
      },
    }
    try {
      const found = await api.store(idSchema, { doing, signal }, (store, how) =>
        store.getUserId({ IdentityStoreId: identityStore, AlternateIdentifier }, how),
      )
      return found.UserId
    } catch (error) {
      if (isMissing(error, 'USER')) return null
      throw error
    }
  }

  async function find(id: string, asked: Asked): Promise<Person | null> {
    try {
      return await api.store(personSchema, asked, (store, how) =>
        store.describeUser({ IdentityStoreId: identityStore, UserId: id }, how),
      )
    } catch (error) {
      if (isMissing(error, 'USER')) return null
      throw error
    }
  }

  return {
    idOf,

    async idToGive(principal, asked) {
      const refused = (why: string) =>
        new ConnectorError(`${system} could not ${asked.doing}: ${why}`, { retryable: false, happened: 'no' })
      const id = await idOf(principal, asked)
      const person = id === null ? null : await find(id, asked)
      if (id === null || person === null) throw refused(`nobody has the ${by} ${principal}`)
      if (nameOf(person)?.toLowerCase() !== principal.toLowerCase())
        throw refused(`somebody with another ${by} came back`)
      if (person.UserStatus === 'DISABLED') throw refused('they are disabled')
      return id
    },

    async namesOf(ids, asked) {
      const names: (string | null)[] = []
      for (let from = 0; from < ids.length; from += namedAtOnce) {
        const some = await Promise.all(ids.slice(from, from + namedAtOnce).map((id) => find(id, asked)))
        names.push(...some.map((person) => (person === null ? null : nameOf(person))))
      }
      return names.filter((name) => name !== null)
    },
  }
}
