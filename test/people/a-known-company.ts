import type { PeopleRules } from '../../src/domain/catalog.ts'
import type { IdentityQuestion, IdentityStore } from '../../src/domain/ports/identities.ts'
import type { Known, PersonFacts, PersonRef } from '../../src/domain/person.ts'
import type { Connection } from 'mongoose'
import { mongoIdentities } from '../../src/mongo/identities.ts'
import { mongoPeople } from '../../src/mongo/people.ts'
import { mongoProvisioning } from '../../src/mongo/provisioning.ts'
import { provisionedPeople } from '../../src/people/provisioned-people.ts'
import { ada, riley, sam } from '../support/builders.ts'
import { memoryDirectory, type Known as InSlack } from '../support/memory-directory.ts'
import { noLog } from '../support/no-log.ts'
import { provisionedIn } from '../support/provisioned.ts'

const known: PeopleRules = { isScimRequired: false, graceMs: 60_000, channel: null, admins: [] }

/** Riley, Ada and Sam in Slack, and a directory that is connected as `okta`. */
export async function aKnownCompany(
  connection: Connection,
  about: { rules?: Partial<PeopleRules>; groups?: (riley: PersonRef) => InSlack['groups'] } = {},
) {
  const people = mongoPeople(connection)
  const identities = mongoIdentities(connection)
  const scim = provisionedIn(connection)
  await scim.source('okta')
  const seen = await Promise.all(
    [riley, ada, sam].map((person) => people.seen(person.slack, { name: person.name, email: person.email })),
  )
  const [theRiley = riley, theAda = ada, theSam = sam] = seen
  /** Of whom Slack does not answer. */
  const silent = new Set<string>()
  const company = provisionedPeople({
    provisioning: mongoProvisioning(connection),
    identities,
    people,
    rules: () => ({ ...known, ...about.rules }),
    now: () => new Date(),
    log: noLog,
  })
  /** Slack with these people now, by the e-mails that they have now. */
  const directoryOf = (those: readonly PersonRef[]) => {
    const groups = about.groups?.(theRiley) ?? {}
    const slack = memoryDirectory({ people: [...those], groups, channels: {} })
    const factsOf = (id: string) => (silent.has(id) ? Promise.resolve('unknown' as const) : slack.facts(id))
    return company.join({ ...slack, facts: factsOf, freshFacts: factsOf })
  }
  let directory = directoryOf(seen)
  const facts = async ({ slack: { userId } }: PersonRef): Promise<PersonFacts> =>
    sure(await directory.freshFacts(userId))
  return {
    scim,
    identities: company.identities,
    heardOf: company.heardOf,
    people,
    facts,
    silent,
    directory: () => directory,
    slackHas: (those: readonly PersonRef[]) => {
      directory = directoryOf(those)
    },
    riley: theRiley,
    ada: theAda,
    sam: theSam,
  }
}

const sure = (facts: Known<PersonFacts>): PersonFacts => {
  if (facts === 'unknown') throw new Error('nobody can say')
  return facts
}

/** The questions that are open, once there is one. */
export async function asked(identities: Pick<IdentityStore, 'open'>): Promise<readonly IdentityQuestion[]> {
  for (const untilMs = Date.now() + 3_000; Date.now() < untilMs;) {
    const found = await identities.open()
    if (found.length > 0) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('nobody was asked')
}
