import type { Grant } from '../../src/domain/grant.ts'
import type { Case } from './case.ts'
import type { Deed, DeedKind } from './diary.ts'
import type { Entry } from './evidence.ts'
import type { Broken } from './promises.ts'

/** The record says everything that happened once, and nothing else: by the grants, by people, and by what the directory told. */
export const wrongInRecord = (of: Case): Broken[] =>
  [
    ...of.record.faults,
    ...onceEach(of),
    ...of.grants.flatMap((grant) => ofGrant(grant, of.record.entries)),
    ...undone(of),
    ...invented(of),
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
    if (!isRight) wrong.push(`grant ${grant.id}: not in the record that it ${what}`)
  }
  expect(began.includes(own[0]?.type ?? ''), 'began')
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
    expect(count('end') > 0, 'ended')
    if (grant.activeAt !== null) expect(count('taken') === 1, 'was taken back once')
  }
  if ('extensions' in grant) {
    const added = grant.extensions.filter(({ outcome }) => outcome === 'added')
    const alone = added.filter(({ approvedBy }) => approvedBy.length === 0).length
    const said = grant.isSession ? count('confirmed') - 1 : count('extended')
    expect(said === alone, `got more time ${alone} times without anybody's yes, but ${said} times`)
    for (const { email, name } of added.flatMap(({ approvedBy }) => approvedBy))
      expect(
        own.some(({ type, by }) => type === 'more-time-approved' && by === email),
        `got more time by the yes of ${name}`,
      )
  }
  return wrong
}

/** What people were told is done stands there, once. */
function undone({ deeds, record: { entries } }: Case): string[] {
  const done = deeds.filter(({ doneAt }) => doneAt !== null)
  const asked = done.filter(({ what }) => what === 'asks' || what === 'asks-weekly')
  const confirmed = done.filter(({ what }) => what === 'begins-session' || what === 'confirms-again')
  return [
    ...asked.flatMap(({ about, by }) => {
      const times = entries.filter(({ type, reason }) => type === 'asked' && reason === about).length
      return times === 1 ? [] : [`“${about}”, asked by ${by}, is there ${times} times`]
    }),
    ...[...counted(confirmed.map(({ by }) => by))].flatMap(([by, times]) => {
      const there = entries.filter((one) => one.type === 'confirmed' && one.by === by).length
      return there >= times ? [] : [`${by} confirmed ${times} times, of which ${there} are there`]
    }),
  ]
}

/** Which deeds an entry tells of. */
const deedBehind: Readonly<Record<string, DeedKind>> = {
  approved: 'approves',
  denied: 'denies',
  'more-time-asked': 'extends',
  extended: 'extends',
  'more-time-approved': 'approves-more',
  'more-time-denied': 'denies-more',
  'end released': 'releases',
  'end revoked': 'ends',
}

/** Nothing stands there of somebody that they did not do, nor more often than they did. */
function invented({ deeds, record, grants }: Case): string[] {
  const told = counted(
    record.entries.flatMap(({ type, cause, grantId, by }) => {
      const kind = deedBehind[type === 'end' ? `end ${cause ?? ''}` : type]
      return kind === undefined ? [] : JSON.stringify([grantId, by, kind])
    }),
  )
  const asked = new Set(deeds.map(({ about }) => about))
  return [
    ...[...told].flatMap(([key, times]) => {
      const [id, by, kind] = JSON.parse(key) as [string, string | null, DeedKind]
      const did = deeds.filter((one) => one.about === id && one.by === by && one.what === kind).length
      return times <= did ? [] : [`${by} ${kind} ${id} ${times} times, and did ${did} times`]
    }),
    ...grants.flatMap(({ id, reason, isStanding, isSession }) =>
      isStanding || isSession || asked.has(reason)
        ? []
        : [`grant ${id} for “${reason}”, which nobody asked for`],
    ),
    ...grants
      .filter((grant) => isWithdrawnByNobody(grant, deeds))
      .map(({ id }) => `nobody withdrew grant ${id}`),
  ]
}

/** By asking again the one before is withdrawn, too. */
const isWithdrawnByNobody = (grant: Grant, deeds: readonly Deed[]): boolean =>
  grant.status === 'withdrawn' &&
  grant.supersededBy === null &&
  grant.withdrawnBy !== null &&
  !deeds.some(
    ({ what, about, by }) => what === 'withdraws' && about === grant.id && by === grant.withdrawnBy?.email,
  )

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
