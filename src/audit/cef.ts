import type { Link } from '../domain/audit/chain.ts'
import type { Actor, RecordedAct } from '../domain/audit/act.ts'
import { isOfGrant, type Recorded, type RecordedOfGrant } from '../domain/audit/recorded.ts'
import { cut } from '../domain/cut.ts'
import { version } from '../version.ts'
import type { Format } from './format.ts'
import { codeOf, kindOf, severityOf, type Severity } from './kinds.ts'
import { accountOf, actorOf, outcomeOf, restOf, sentenceOf } from './told.ts'

/*
 * For what takes ArcSight's Common Event Format. Source: Implementing ArcSight Common Event Format (CEF), version 23: the header,
 * the escapes, and the dictionary of keys with the longest that each may be.
 */

/** In this order, and how long each may be; no key is used that is not in the dictionary. */
const dictionary = [
  ['rt', 20],
  ['externalId', 40],
  ['cat', 1_023],
  ['act', 63],
  ['outcome', 63],
  ['suser', 1_023],
  ['suid', 1_023],
  ['sourceServiceName', 1_023],
  ['duser', 1_023],
  ['duid', 1_023],
  ['destinationServiceName', 1_023],
  ['reason', 1_023],
  ['msg', 1_023],
  ['cs1', 4_000],
  ['cs1Label', 1_023],
  ['cs2', 4_000],
  ['cs2Label', 1_023],
  ['cs3', 4_000],
  ['cs3Label', 1_023],
  ['cs4', 4_000],
  ['cs4Label', 1_023],
  ['cs5', 4_000],
  ['cs5Label', 1_023],
  ['cs6', 4_000],
  ['cs6Label', 1_023],
] as const
type Key = (typeof dictionary)[number][0]
type Fields = Partial<Record<Key, string>>

/** From 0 to 10: low to 3, medium to 6, high to 8. */
const levels: Readonly<Record<Severity, number>> = { informational: 1, low: 3, medium: 6, high: 8 }

export const cef: Format = {
  head: '',
  line: (link, entry) => {
    const header = ['Curfew', 'Curfew', version, codeOf(entry), kindOf(entry).name, levels[severityOf(entry)]]
    const about = isOfGrant(entry) ? ofGrant(entry) : ofAct(entry)
    const fields = { ...ofAny(link, entry), ...about }
    return `CEF:0|${header.map((part) => headed(String(part))).join('|')}|${extension(fields)}\n`
  },
}

function ofAny({ number, at, source, mark, keyId }: Link, entry: Recorded): Fields {
  return {
    rt: String(at.getTime()),
    externalId: String(number),
    outcome: outcomeOf(entry),
    msg: sentenceOf(entry),
    ...doneBy(actorOf(entry)),
    ...labelled(3, 'Source', source),
    ...labelled(5, 'Mark', mark),
    ...labelled(6, 'Key', keyId),
  }
}

function doneBy(by: Actor): Fields {
  if ('operator' in by) return { suser: by.operator, sourceServiceName: 'command line' }
  if ('source' in by) return { sourceServiceName: by.source }
  return 'curfew' in by ? { sourceServiceName: 'Curfew' } : { suser: accountOf(by), suid: by.id }
}

function ofGrant({ happened, subject, system, reason, ...entry }: RecordedOfGrant): Fields {
  return {
    cat: 'grant',
    act: happened.type,
    duser: accountOf(subject),
    duid: subject.id,
    destinationServiceName: system,
    reason,
    ...labelled(1, 'Entitlement', `${entry.resource.id} ${entry.entitlement.id}`),
    ...labelled(2, 'Principal', entry.principal ?? ''),
    ...labelled(4, 'Details', asDetails(restOf(happened))),
  }
}

function ofAct({ type, about, details }: RecordedAct): Fields {
  return {
    cat: 'act',
    act: type,
    ...(about.kind === 'person' ? { duser: about.name, duid: about.id } : {}),
    ...labelled(1, 'About', `${about.kind} ${about.id}`),
    ...labelled(2, 'Name', about.name),
    ...labelled(4, 'Details', asDetails(details)),
  }
}

const asDetails = (details: Readonly<Record<string, unknown>>): string =>
  Object.keys(details).length === 0 ? '' : JSON.stringify(details)

type Custom = 1 | 2 | 3 | 4 | 5 | 6

/** Nothing where there is no value: a label alone says nothing. */
const labelled = (n: Custom, label: string, value: string): Fields =>
  valued(value) === '' ? {} : { [`cs${n}`]: value, [`cs${n}Label`]: label }

const extension = (fields: Fields): string =>
  dictionary
    .flatMap(([key, longest]) => {
      const value = valued(cut(fields[key] ?? '', longest))
      return value === '' ? [] : [`${key}=${value}`]
    })
    .join(' ')

/** Whatever ends a line for somebody, or is obeyed by a terminal, and has no escape. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}]/gu
const unseenInValues = /(?![\r\n])[\p{Cc}\p{Zl}\p{Zp}]/gu

const headed = (text: string): string => text.replace(unseen, ' ').replace(/[\\|]/g, '\\$&')

/** A pipe is itself there; the next key begins after a space, so one at an end is none. */
const valued = (text: string): string =>
  text
    .replace(unseenInValues, ' ')
    .trim()
    .replace(/[\\=]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
