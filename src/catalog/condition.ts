import { Duration } from '@marcbachmann/cel-js/evaluator'
import { boundedMap } from '../bounded-map.ts'
import type { Answer } from '../domain/answer.ts'
import type { Attributes, Condition } from '../domain/catalog.ts'
import { celEnvironment, compile } from './expression.ts'
import type { ExpressionFault } from './expression-fault.ts'
import { isSlackGroup, namedGroups, readsAllGroups } from './named-groups.ts'

/** What a condition may mention, with its CEL type. */
export const CONDITION_VARIABLES = {
  email: 'string',
  groups: 'list<string>',
  confirmed: { minutes: 'int', method: 'string' },
  guest: 'bool',
  zone: 'string',
  duration: 'google.protobuf.Duration',
  reason: 'string',
  now: 'google.protobuf.Timestamp',
  resource: 'string',
  entitlement: 'string',
} as const

const environment = celEnvironment(CONDITION_VARIABLES)

/**
 * A yes-or-no question about who asks for what.
 *
 * `evaluate` never throws. Of whoever has no verified e-mail, no condition on it is true. It answers `unknown` when
 * anything the expression mentions is unknown, even where the rest would decide (`true || "@dba" in groups`), when it
 * names a group that does not exist (renamed, perhaps: `!(… in groups)` must not open by that), when it hangs on a SCIM
 * group that they left a moment ago (a full sync may bring them back), and when CEL itself fails. Groups of
 * Slack need to be known only where it names one of them, or reads all there are; SCIM's likewise.
 */
export function compileCondition(source: string): Condition | ExpressionFault {
  const known = compiled.get(source) ?? compileAnew(source)
  compiled.set(source, known)
  return known
}

/** Thousands of entitlements are often of a few rules, and each compiled takes room. */
const compiled = boundedMap<Condition | ExpressionFault>(5_000)

function compileAnew(source: string): Condition | ExpressionFault {
  const expression = compile(environment, source, { result: 'bool', variables: CONDITION_VARIABLES })
  if ('offset' in expression) return expression
  const groups = namedGroups(expression.ast)
  const ofSlack = groups.filter(isSlackGroup)
  const ofScim = groups.filter((group) => !isSlackGroup(group))
  const readsAll = readsAllGroups(expression.ast)
  const isOfSlack = ofSlack.length > 0 || readsAll
  const answerBy = (values: Record<string, unknown>): Answer => {
    try {
      const answer = expression.evaluate(values)
      return answer === true ? 'yes' : answer === false ? 'no' : 'unknown'
    } catch {
      return 'unknown'
    }
  }
  return {
    source,
    groups,
    mentions: [...expression.mentions],
    evaluate(attributes): Answer {
      const { listedGroups, provisioned } = attributes
      if (listedGroups && ofSlack.some((group) => !listedGroups.has(group))) return 'unknown'
      if (ofScim.some((group) => !provisioned?.listed.has(group))) return 'unknown'
      // Whoever has no verified e-mail meets no rule on one, nor the opposite of one.
      if (attributes.email === null && expression.mentions.has('email')) return 'no'
      const values = valuesOf(attributes)
      const groupsWith = (more: Iterable<string>): string[] | undefined =>
        attributes.groups !== 'unknown' || !isOfSlack
          ? [
              ...(attributes.groups === 'unknown' ? [] : attributes.groups),
              ...(provisioned?.groups ?? []),
              ...more,
            ]
          : undefined
      values['groups'] = groupsWith([])
      for (const name of expression.mentions) if (values[name] === undefined) return 'unknown'
      const answer = answerBy(values)
      const lately = [...(provisioned?.leftLately ?? [])].filter((name) => readsAll || ofScim.includes(name))
      if (lately.length === 0 || !expression.mentions.has('groups')) return answer
      // Shut out by a group or let in by it: what the next minute may answer otherwise has no answer now.
      const isSure =
        lately.length <= mostTried &&
        subsetsOf(lately).every((some) => answerBy({ ...values, groups: groupsWith(some) }) === answer)
      return isSure ? answer : 'unknown'
    },
  }
}

/** Each more doubles what is tried. */
const mostTried = 6

/** They left one after the other, and may come back so. */
const subsetsOf = (names: readonly string[]): string[][] =>
  names.reduce<string[][]>((sets, name) => [...sets, ...sets.map((some) => [...some, name])], [[]])

/** Only what is known: e-mails in small letters, and since when somebody confirmed, in minutes begun. */
function valuesOf(attributes: Attributes) {
  const { email, durationMs, guest, zone, reason, now, resource, entitlement, confirmed } = attributes
  const values: Record<string, unknown> = {
    guest,
    reason,
    now,
    resource,
    entitlement,
    duration: Duration.fromMilliseconds(durationMs),
  }
  if (email !== 'unknown' && email !== null) values['email'] = email.toLowerCase()
  if (zone !== '') values['zone'] = zone
  if (confirmed != null) {
    const minutes = Math.max(0, Math.ceil((now.getTime() - confirmed.at.getTime()) / 60_000))
    values['confirmed'] = { minutes: BigInt(minutes), method: confirmed.method }
  }
  return values
}
