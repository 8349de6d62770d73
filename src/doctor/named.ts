import { rulesOf } from '../catalog/rules-of.ts'
import { everyEntitlement, type Approvers, type Catalog, type Entitlement } from '../domain/catalog.ts'

/** What a catalog names that is elsewhere, each with where it is named first. */
export type Named = ReadonlyMap<string, string>

/** Channels by their Slack ids. */
export function namedChannels(catalog: Catalog): Named {
  const { people, devices } = catalog
  return firstOf([
    ...everyEntitlement(catalog).map((entitlement) => [entitlement.channel, keyOf(entitlement)] as const),
    [people.channel, 'people.channel'],
    [devices.channel, 'devices.channel'],
  ])
}

/** People by e-mail or Slack user id: approvers, admins, owners, managers and whom they manage. */
export function namedPeople(catalog: Catalog): Named {
  const { people, devices, managers, resources } = catalog
  return firstOf([
    ...everyEntitlement(catalog).flatMap((entitlement) =>
      [...entitlement.admins, ...approversOf(entitlement).flatMap((list) => list.people)].map(
        (person) => [person, keyOf(entitlement)] as const,
      ),
    ),
    ...[...resources.values()].map(({ id, owner }) => [owner, `owner of ${id}`] as const),
    ...[...managers].flatMap((pair) => pair.map((person) => [person, 'managers'] as const)),
    ...people.admins.map((person) => [person, 'people.admins'] as const),
    ...devices.admins.map((person) => [person, 'devices.admins'] as const),
  ])
}

/** Groups as rules and lists write them: `@dba` is Slack's, `dba` is of the company directory. */
export function namedGroups(catalog: Catalog): Named {
  return firstOf(
    everyEntitlement(catalog).flatMap((entitlement) =>
      rulesOf(entitlement)
        .flatMap(({ groups }) => groups)
        .map((group) => [group, keyOf(entitlement)] as const),
    ),
  )
}

/** Nobody approves what is held by rule, or begun by confirming. */
function approversOf({ mode, review }: Entitlement): Approvers[] {
  if (mode !== 'approval') return []
  return review.stages.flatMap(({ approvers, quiet, otherwise, escalate }) =>
    [approvers, quiet, otherwise, escalate?.to ?? null].filter((list) => list !== null),
  )
}

const keyOf = ({ resource, id }: Entitlement): string => `${resource.id} ${id}`

function firstOf(named: readonly (readonly [string | null, string])[]): Named {
  const first = new Map<string, string>()
  for (const [name, where] of named) if (name !== null && !first.has(name)) first.set(name, where)
  return first
}
