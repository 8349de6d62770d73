import type { Grant } from '../../src/domain/grant.ts'
import type { Case } from './case.ts'
import type { DeedKind } from './diary.ts'
import type { Entry } from './evidence.ts'
import type { Broken } from './promises.ts'

/** The record says everything that happened once, and nothing else: by the grants, by people, and by what the directory told. */
export const wrongInRecord = (of: Case): Broken[] =>
  [
    ...of.record.faults,
    ...onceEach(of),
    ...of.grants.flatMap((grant) => ofGrant(grant, of.record.entries)),
    ...ofDeeds(of),
    ...ofAnswers(of),
    ...ofDirectory(of),
  ].map((what) => ({
    promise: 'entries missing or doubled in the record',
    what,
    at: of.lasted.to,
    key: null,
  }))

/** Each entry of each history stands there, once. */
function onceEach({ record, grants }: Case): string[] {
  const counts = counted([...record.entries, ...record.acts].map(({ source }) => source))
  const wanted = grants.flatMap(({ id, history }) => history.map((_, index) => `grant/${id}/${index}`))
  return [
    ...wanted.filter((source) => !counts.has(source)).map((source) => `${source} is missing`),
    ...[...counts].flatMap(([source, count]) => (count > 1 ? `${source} is there ${count} times` : [])),
  ]
}

/** What a grant has become cannot have happened without these, whatever its history says. */
function ofGrant(grant: Grant, entries: readonly Entry[]): string[] {
  const own = entries.filter(({ grantId }) => grantId === grant.id)
  const count = (...types: string[]) => own.filter(({ type }) => types.includes(type)).length
  const began = ['asked', 'broke-glass', 'matched-rule', 'confirmed', 'window', 'resumed']
  const wrong: string[] = []
  const expect = (isRight: boolean, what: string) => {
    if (!isRight) wrong.push(`grant ${grant.id} ${what}`)
  }
  expect(began.includes(own[0]?.type ?? ''), 'began by nothing')
  // A window, and what goes on after a cut, have the yes of what they are of.
  const isOwnYes = grant.window === null && grant.resumes === null
  for (const { by, verdict } of isOwnYes ? grant.reviews : [])
    expect(
      own.some((one) => one.type === (verdict === 'approve' ? 'approved' : 'denied') && one.by === by.email),
      `was answered by ${by.name}`,
    )
  if (grant.auto !== null && isOwnYes) expect(count('approved-by-rule') === 1, 'was approved by a rule')
  if (grant.status === 'withdrawn') expect(count('withdrawn', 'dropped') === 1, 'was withdrawn')
  if (grant.status === 'lapsed') expect(count('lapsed') === 1, 'lapsed')
  if ('activeAt' in grant && grant.activeAt !== null) expect(count('given') === 1, 'was given once')
  if (grant.status === 'ended' && grant.pattern === null) {
    expect(count('end') > 0, 'was ended')
    if (grant.activeAt !== null) expect(count('taken') === 1, 'was taken back once')
  }
  if ('extensions' in grant) {
    const added = grant.extensions.filter(({ outcome }) => outcome === 'added')
    const alone = added.filter(({ approvedBy }) => approvedBy.length === 0).length
    const said = grant.isSession ? count('confirmed') - 1 : count('extended')
    expect(said === alone, `was given more time ${alone} times without being asked, not ${said} times`)
    for (const { email, name } of added.flatMap(({ approvedBy }) => approvedBy))
      expect(
        own.some(({ type, by }) => type === 'more-time-approved' && by === email),
        `was given more time by ${name}`,
      )
  }
  return wrong
}

/** Which deeds an entry can tell of. */
const deedsBehind: Readonly<Record<string, readonly DeedKind[]>> = {
  approved: ['approves'],
  denied: ['denies'],
  'more-time-asked': ['extends'],
  extended: ['extends'],
  'more-time-approved': ['approves-more'],
  'more-time-denied': ['denies-more'],
}

/** What people were told is done stands there once; and nothing stands there of somebody that they did not do. */
function ofDeeds({ deeds, record, grants }: Case): string[] {
  const missing = deeds
    .filter(({ doneAt }) => doneAt !== null)
    .flatMap(({ what, about, by }) => {
      if (what !== 'asks' && what !== 'asks-weekly') return []
      const times = record.entries.filter(({ type, reason }) => type === 'asked' && reason === about).length
      return times === 1 ? [] : [`“${about}”, asked by ${by}, is there ${times} times`]
    })
  const confirmed = counted(
    deeds.flatMap(({ what, by, doneAt }) =>
      doneAt !== null && (what === 'begins-session' || what === 'confirms-again') ? [by] : [],
    ),
  )
  const unconfirmed = [...confirmed].flatMap(([by, times]) => {
    const there = record.entries.filter((one) => one.type === 'confirmed' && one.by === by).length
    return there >= times ? [] : [`${by} confirmed ${times} times, of which ${there} are there`]
  })
  const invented = [
    ...counted(
      record.entries.flatMap(({ type, grantId, by, cause }) => {
        const kinds =
          type === 'end'
            ? cause === 'released'
              ? ['releases' as const]
              : cause === 'revoked'
                ? ['ends' as const]
                : undefined
            : deedsBehind[type]
        return kinds === undefined ? [] : [JSON.stringify([grantId, by, kinds])]
      }),
    ),
  ].flatMap(([key, times]) => {
    const [grantId, by, kinds] = JSON.parse(key) as [string, string | null, DeedKind[]]
    const done = deeds.filter(
      (one) => one.about === grantId && one.by === by && kinds.includes(one.what),
    ).length
    return times <= done ? [] : [`${by} “${kinds.join()}” ${grantId} ${times} times, and did ${done} times`]
  })
  const asked = new Set(deeds.map(({ about }) => about))
  const unasked = grants
    .filter(({ isStanding, isSession, reason }) => !isStanding && !isSession && !asked.has(reason))
    .map(({ id, reason }) => `grant ${id} for “${reason}”, which nobody asked for`)
  return [...missing, ...unconfirmed, ...invented, ...unasked]
}

/** What Slack was told that somebody did stands there once. */
const ofAnswers = ({ answers, record }: Case): string[] =>
  answers.flatMap(({ grantId, types, by, words }) => {
    const those = record.entries.filter(
      (one) => one.grantId === grantId && types.includes(one.type) && (by === null || one.by === by),
    )
    return those.length > 0
      ? []
      : [`“${words}” was said of ${grantId}, and no ${types.join(' or ')} of ${by ?? 'it'}`]
  })

/** What the directory told, and was answered as done, stands there; and not more often than it was told. */
function ofDirectory({ words, record }: Case): string[] {
  const acts = record.acts.filter(({ outcome }) => outcome === 'done' || outcome === 'unknown')
  const keys = new Set(words.map(({ type, id }) => JSON.stringify([type, id])))
  return [...keys].flatMap((key) => {
    const [type, id] = JSON.parse(key) as [string, string | null]
    const told = words.filter((one) => one.type === type && one.id === id)
    const heard = told.filter(({ isHeard }) => isHeard).length
    const there = new Set(
      acts
        .filter((one) => one.type === type && (id === null || one.about === id))
        .map(({ source }) => source.replace(/\/unknown$/, '')),
    ).size
    if (there >= heard && there <= told.length) return []
    return [`${type} ${id ?? ''}: told ${told.length} times, answered ${heard} times, there ${there} times`]
  })
}

function counted(all: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}
