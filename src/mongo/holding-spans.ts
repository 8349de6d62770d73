/*
 * Who held something at an instant, found by an index that knows no intervals: what is over is put with others that
 * lasted about as long, each class four times the one before. What was held at an instant and lasted four hours at most
 * began within the four hours before it; so of each class only that much is looked at, however long the record is.
 */

const shortestMs = 60_000
const times = 4
/** Whatever lasted longer, 31 years, is in the last class, and looked at from its beginning. */
const classes = 12

/** What is not over is in none: it is looked at from the beginning, and nearly all of it is what is asked for. */
export const heldIndex = {
  'resource.id': 1,
  'entitlement.id': 1,
  lasted: 1,
  from: 1,
  until: 1,
} as const

/** As the database reckons it, of the instants that the document has by then. */
export const lastedOf = {
  $cond: [
    { $and: [{ $eq: [{ $type: '$from' }, 'date'] }, { $eq: [{ $type: '$until' }, 'date'] }] },
    {
      $min: [
        classes,
        {
          $ceil: {
            $log: [{ $max: [1, { $divide: [{ $subtract: ['$until', '$from'] }, shortestMs] }] }, times],
          },
        },
      ],
    },
    null,
  ],
}

/** How long those of a class may have lasted. A minute more: a logarithm is not exact. */
const longestMs = (lasted: number): number => shortestMs * (times ** lasted + 1)

/** Whoever looks for it finds it: what is in no class is found always, and longer classes are looked through for longer. */
export function isFoundAs(lasted: unknown, { from, until }: { from: Date; until: Date | null }): boolean {
  if (lasted === null || lasted === undefined) return true
  if (typeof lasted !== 'number' || until === null) return false
  if (!Number.isInteger(lasted) || lasted < 0 || lasted > classes) return false
  return lasted === classes || until.getTime() - from.getTime() <= longestMs(lasted)
}

/** What was held at any time from the first instant to the last; both the same: then. */
export function heldDuring(
  { resource, entitlement }: { resource: string; entitlement: string },
  first: Date,
  last: Date,
) {
  const what = { 'resource.id': resource, 'entitlement.id': entitlement }
  const isOver = Array.from({ length: classes + 1 }, (_, lasted) => {
    const after = lasted === classes ? {} : { $gte: new Date(first.getTime() - longestMs(lasted)) }
    return { ...what, lasted, from: { ...after, $lte: last }, until: { $gt: first } }
  })
  const isNot = { ...what, lasted: null, from: { $lte: last } }
  return { $or: [...isOver, { ...isNot, until: null }, { ...isNot, until: { $gt: first } }] }
}
