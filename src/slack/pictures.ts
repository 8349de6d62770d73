import type { Grant } from '../domain/grant.ts'
import type { Surface } from '../domain/ports/surfaces.ts'
import { askedOnce } from './asked-once.ts'
import { cardPictures, passesBy } from './deciding/card-pictures.ts'
import { cardKey } from './deciding/card.ts'
import { holderPictures, moreTimePictures } from './holding/holder-pictures.ts'
import { reviewReminders } from './looking-after/close-review-modal.ts'
import type { Parts } from './parts.ts'
import type { Drawn } from './publish/picture.ts'

/** Every message that should or does show this grant, as it is now; `many` are all that its request asks for. */
export async function picturesOf(
  parts: Parts,
  grant: Grant,
  many: readonly Grant[],
  rows: ReadonlyMap<string, Surface>,
): Promise<Drawn> {
  // Held by a rule: nobody asked, and nobody is told of each. What is late is said all the same.
  if (grant.isStanding) return nothing
  const card = rows.get(cardKey(grant))
  const known = askedOnce(parts.world, grant)
  // A window is told of on the card of its series; a session nobody decided; what goes on was decided before.
  const isDecided = grant.window === null && !grant.isSession && grant.resumes === null
  const decided = isDecided ? await cardPictures(parts, grant, { rows, many, known }) : nothing
  const extended = await moreTimePictures(parts, grant, { rows, known })
  return {
    pictures: [
      ...decided.pictures,
      ...(await reviewReminders(parts, grant, card)),
      ...holderPictures(parts, grant, { many, known }),
      ...extended.pictures,
    ],
    isWhole: decided.isWhole && extended.isWhole,
    mayWaitUntil: grant.window === null ? null : passesBy(grant),
  }
}

const nothing: Drawn = { pictures: [], isWhole: true }
