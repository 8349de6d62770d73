import type { Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { holdId } from '../../src/domain/hold.ts'
import type { PersonRef } from '../../src/domain/person.ts'

const atOnce = 2_000
const claims = z.record(z.string(), z.date())
const grantRow = z.looseObject({
  _id: z.string(),
  requestId: z.string(),
  system: z.string(),
  place: z.looseObject({ principal: z.string(), canonical: z.string() }),
})

/** Gives what somebody holds to others as well: their grant and hold, as the stores wrote them, with other people in them. */
export async function repeatHeld(
  connection: Connection,
  { grantId, people, ids }: { grantId: string; people: readonly PersonRef[]; ids: string },
): Promise<void> {
  const grants = connection.collection<Document & { _id: string }>('grants')
  const holds = connection.collection<Document & { _id: string }>('holds')
  const model = grantRow.parse(await grants.findOne({ _id: grantId }))
  const { system, place } = model
  const heldId = holdId({ system, principal: place.principal, canonical: place.canonical })
  const hold = await holds.findOne({ _id: heldId })
  if (hold === null) throw new Error('what is to be repeated is not held')
  const { [grantId]: claimed } = claims.parse(hold['claims'])
  for (let from = 0; from < people.length; from += atOnce) {
    const some = people.slice(from, from + atOnce).map((person, k) => {
      const _id = `${ids}-${from + k}`
      const principal = person.name
      const grant = {
        ...model,
        _id,
        requestId: `${ids}-request-${from + k}`,
        subject: person,
        requester: person,
        place: { ...place, principal },
      }
      const held = {
        ...hold,
        _id: holdId({ system, principal, canonical: place.canonical }),
        principal,
        claims: { [_id]: claimed },
        // As it is once it was read back for the last time.
        watch: null,
        dueAt: null,
      }
      return { grant, held }
    })
    await grants.insertMany(
      some.map(({ grant }) => grant),
      { ordered: false },
    )
    await holds.insertMany(
      some.map(({ held }) => held),
      { ordered: false },
    )
  }
}
