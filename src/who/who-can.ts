import { parseArgs } from 'node:util'
import { table } from '../catalog/table.ts'
import { ConfigError } from '../config.ts'
import { everyEntitlement, type Catalog, type Entitlement } from '../domain/catalog.ts'
import { explainAll } from '../domain/explain.ts'
import type { HolderRow } from '../domain/ports/grant-usage.ts'
import { explainAnswer } from '../domain/would-answer.ts'
import { whoCan, type WhoCan } from '../operations/who-can.ts'
import { parseWish } from '../slack/asking/offers.ts'
import { asking, sure, type Said } from './open.ts'
import { asJson, at, keyOf, named, onOneLine, why } from './words.ts'

/** `curfew who-can`: of one entitlement, everybody it concerns. */

export const whoCanUsage = `curfew who-can <resource> <entitlement>   who may ask for it, who answers, who looks after it, and who holds it now
  --json                  as JSON`

export function whoCanHave(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Said> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const wish = positionals.join(' ').trim()
  if (wish === '') throw new ConfigError(whoCanUsage)
  return asking(environment, async (asked) => {
    const found = sure(await whoCan(asked, meant(asked.catalog(), wish)))
    return { text: values.json ? JSON.stringify(whoCanAsJson(found), null, 2) : asText(found), exitCode: 0 }
  })
}

/** As `/request-access` understands it, and with a slash between: `orders-db/read`. */
function meant(catalog: Catalog, wish: string): Entitlement {
  const all = everyEntitlement(catalog)
  const { entitlement, unmatched, reason } = parseWish(wish.replace('/', ' '), {
    catalog,
    includes: () => true,
  })
  // Words that mean nothing are a reason there; here nobody gives one.
  if (entitlement !== null && reason === '') return entitlement
  const perhaps = unmatched === null ? '' : ` Did you mean ${unmatched.meant}?`
  throw new ConfigError(
    `${onOneLine(wish)} is no entitlement.${perhaps} There are:\n${all.map((one) => `  ${keyOf(one)}`).join('\n')}`,
  )
}

function asText(found: WhoCan): string {
  const { entitlement, may, mayPerhaps, answers, admins, holders, isSomebodyUnread } = found
  const isByRule = entitlement.mode === 'standing'
  const others = found.mayAskForOthers.map((person) => [named(person), 'for others', ''])
  const asks = [
    ...may.map(({ person, reasons }) => [
      named(person),
      isByRule ? 'by rule' : 'yes',
      why(explainAll(reasons)),
    ]),
    ...mayPerhaps.map(({ person, reasons }) => [named(person), 'unknown', why(explainAll(reasons))]),
    ...others,
  ]
  const answering = answers.flatMap((stage, index) =>
    stage.map((one) => [`${index + 1} of ${answers.length}`, named(one.person), why(explainAnswer(one))]),
  )
  const verb = isByRule ? 'has it by rule' : 'may ask for it'
  return [
    `${keyOf(entitlement)}: ${onOneLine(entitlement.name)}, ${onOneLine(entitlement.resource.name)}`,
    ...titled(`${may.length} ${verb}`, ['WHO', 'MAY', 'WHY'], asks),
    ...(isByRule ? [] : titled('Who answers', ['STAGE', 'WHO', 'HOW'], answering)),
    ...titled(
      `Who looks after it`,
      ['WHO'],
      admins.map((person) => [named(person)]),
    ),
    ...titled(`${holders.length} hold it now`, ['WHO', 'STATE', 'UNTIL'], holders.map(holderRow)),
    ...(isSomebodyUnread ? ['', 'Somebody is missing here: their record in Slack cannot be read.'] : []),
  ].join('\n')
}

function titled(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    '',
    rows.length === 0 ? `${title}: nobody` : title,
    ...(rows.length === 0 ? [] : [table(heads, rows)]),
  ]
}

const states: Record<HolderRow['status'], string> = {
  granting: 'is being given',
  active: 'held',
  revoking: 'is being taken back',
}

const holderRow = ({ person, status, isStanding, endsAt }: HolderRow): string[] => [
  named(person),
  states[status],
  isStanding ? 'as long as the rule names them' : at(endsAt),
]

/** The shape that docs/least-privilege.md promises. */
function whoCanAsJson(found: WhoCan) {
  const { entitlement, may, mayPerhaps, answers, admins, holders, isSomebodyUnread } = found
  const because = ({ person, reasons }: WhoCan['may'][number]) => ({
    ...asJson(person),
    why: explainAll(reasons),
  })
  return {
    resource: entitlement.resource.id,
    entitlement: entitlement.id,
    mode: entitlement.mode,
    may: may.map(because),
    mayPerhaps: mayPerhaps.map(because),
    mayAskForOthers: found.mayAskForOthers.map(asJson),
    answers: answers.map((stage) =>
      stage.map((one) => ({
        ...asJson(one.person),
        answer: one.answer,
        as: one.as,
        whom: one.whom,
        because: one.because,
        why: explainAnswer(one),
      })),
    ),
    admins: admins.map(asJson),
    holders: holders.map(({ id, person, status, isStanding, endsAt }) => ({
      ...asJson(person),
      grantId: id,
      status,
      isStanding,
      endsAt,
    })),
    isSomebodyUnread,
  }
}
