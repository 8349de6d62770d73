import { z } from 'zod'
import { parsedJson } from '../http/failure.ts'
import type { HttpAnswer } from '../http/client.ts'
import type { PersonKey } from './settings.ts'

const errorUrn = 'urn:ietf:params:scim:api:messages:2.0:Error'
const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group'

const complaint = z.object({
  schemas: z.array(z.string()).refine((schemas) => schemas.includes(errorUrn)),
  scimType: z.string().nullish(),
  detail: z.string().nullish(),
})

/** What SCIM itself says of a failure; null where something else answered. */
export const complaintOf = ({ text }: HttpAnswer) => complaint.safeParse(parsedJson(text)).data ?? null

const listOf = <T extends z.ZodType>(resource: T) =>
  z.object({
    totalResults: z.int().min(0),
    Resources: z.array(resource).nullish(),
  })

export const user = z.object({
  id: z.string().min(1),
  userName: z.string().nullish(),
  externalId: z.string().nullish(),
  emails: z
    .array(z.object({ value: z.string().nullish(), primary: z.union([z.boolean(), z.string()]).nullish() }))
    .nullish(),
})
export type User = z.infer<typeof user>
export const userList = listOf(user)

const version = z.object({ meta: z.object({ version: z.string().nullish() }).nullish() })
/** A group's version, where its server has such. */
export const versionOf = (answer: HttpAnswer): string | null =>
  answer.header('etag') ?? version.safeParse(parsedJson(answer.text)).data?.meta?.version ?? null

export const named = z.object({ id: z.string().min(1), displayName: z.string().nullish() })
export const namedList = listOf(named)
/** A group that nobody is in may leave its members out. */
export const members = z.object({
  id: z.string().min(1),
  members: z.array(z.object({ value: z.string() })).nullish(),
})
export const ability = z.object({
  patch: z.object({ supported: z.boolean() }).nullish(),
  filter: z.object({ supported: z.boolean() }).nullish(),
})

/** As RFC 7644 writes values in filters: a JSON string. */
const quoted = (text: string) => JSON.stringify(text)

const attribute = { userName: 'userName', email: 'emails.value', externalId: 'externalId' } as const
export const attributesOf = { userName: 'userName', email: 'emails', externalId: 'externalId' } as const

export const personFilter = (key: PersonKey, principal: string) => `${attribute[key]} eq ${quoted(principal)}`
export const memberFilter = (group: string, person: string) =>
  `id eq ${quoted(group)} and members.value eq ${quoted(person)}`
export const displayNameFilter = (name: string) => `displayName eq ${quoted(name)}`

/** userName and e-mail are compared without case, as the schema says. */
export function isCalled(found: User, key: PersonKey, principal: string): boolean {
  const asked = principal.toLowerCase()
  if (key === 'externalId') return found.externalId === principal
  if (key === 'userName') return found.userName?.toLowerCase() === asked
  return (found.emails ?? []).some(({ value }) => value?.toLowerCase() === asked)
}

/** How somebody is called; null where they have no such name. */
export function nameOf(found: User, key: PersonKey): string | null {
  if (key !== 'email') return found[key] ?? null
  const emails = (found.emails ?? []).filter(({ value }) => value)
  const primary = emails.find((email) => email.primary === true || email.primary === 'true')
  return (primary ?? emails[0])?.value ?? null
}

/** The only form of a removal that no server is known to take for "everybody". */
export const patchOf = (isMember: boolean, person: string): string =>
  JSON.stringify({
    schemas: [patchUrn],
    Operations: [
      isMember
        ? { op: 'add', path: 'members', value: [{ value: person }] }
        : { op: 'remove', path: `members[value eq ${quoted(person)}]` },
    ],
  })
