import type { RecordedAct } from '../../domain/audit/act.ts'
import type { Link } from '../../domain/audit/chain.ts'
import { isOfGrant, type Recorded, type RecordedOfGrant } from '../../domain/audit/recorded.ts'
import { version } from '../../version.ts'
import type { Format } from '../format.ts'
import { codeOf, severityOf, type Severity } from '../kinds.ts'
import { actorOf, outcomeOf, restOf, sentenceOf } from '../told.ts'
import { otherId, type Activity } from './activities.ts'
import { activitiesOfActs } from './of-act.ts'
import { activityOf, wordsOf } from './of-happened.ts'
import { actorAs, namedUser } from './people.ts'
import { accessOf, actEntity, grantEntity, logonOf, unexplained } from './subjects.ts'

/*
 * Events of the Open Cybersecurity Schema Framework, one JSON object a line. Of version 1.6.0: whoever reads a later one
 * reads it too. docs/audit/ocsf.md says what becomes what, and why.
 */

const schemaVersion = '1.6.0'

const severityIds = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
} as const satisfies Record<Severity, readonly [number, string]>

const statuses = { success: [1, 'Success'], failure: [2, 'Failure'], unknown: [0, 'Unknown'] } as const

export const ocsf: Format = {
  head: '',
  line: (link, entry) => `${JSON.stringify(isOfGrant(entry) ? ofGrant(link, entry) : ofAct(link, entry))}\n`,
}

function ofGrant(link: Link, entry: RecordedOfGrant) {
  const { happened, grantId, requestId, index } = entry
  const activity = activityOf(happened)
  const words = wordsOf(happened)
  return {
    ...ofAny(link, entry, activity),
    metadata: { ...metadata(link, entry), correlation_uid: grantId },
    ...(words === null || words === '' ? {} : { status_detail: words }),
    ...grantFields(entry, activity),
    unmapped: { ...placeOf(link), requestId, index, happened: restOf(happened) },
  }
}

/** What the class of its activity asks for. */
function grantFields(entry: RecordedOfGrant, { classUid }: Activity) {
  const { happened } = entry
  if (happened.type === 'confirmed') return logonOf(entry, happened.method)
  if (classUid === 3005) return accessOf(entry)
  const comment = happened.type === 'asked' || happened.type === 'broke-glass' ? entry.reason : null
  return { entity: grantEntity(entry), ...(comment === null ? {} : { comment }) }
}

function ofAct(link: Link, entry: RecordedAct) {
  const { id, about, details, outcome } = entry
  const activity = activitiesOfActs[entry.type]
  return {
    ...ofAny(link, entry, activity),
    metadata: { ...metadata(link, entry), correlation_uid: id },
    status_code: outcome,
    ...actFields(entry, activity),
    unmapped: { ...placeOf(link), about, details },
  }
}

function actFields(entry: RecordedAct, { classUid }: Activity) {
  const { about } = entry
  switch (classUid) {
    case 3001:
      return { user: namedUser(about) }
    case 3005:
      return unexplained(entry)
    case 3006:
      return { group: { uid: about.id, name: about.name } }
    default:
      return { entity: actEntity(about) }
  }
}

/** What every event has. */
function ofAny({ at }: Link, entry: Recorded, { classUid, className, id, name }: Activity) {
  const [severityId, severity] = severityIds[severityOf(entry)]
  const [statusId, status] = statuses[outcomeOf(entry)]
  return {
    category_uid: 3,
    category_name: 'Identity & Access Management',
    class_uid: classUid,
    class_name: className,
    activity_id: id,
    activity_name: name,
    type_uid: classUid * 100 + id,
    type_name: `${className}: ${id === otherId ? 'Other' : name}`,
    time: at.getTime(),
    severity_id: severityId,
    severity,
    status_id: statusId,
    status,
    message: sentenceOf(entry),
    actor: actorAs(actorOf(entry)),
  }
}

/** `uid`: the same entry is the same event, however often it is sent. */
const metadata = ({ number, source, at }: Link, entry: Recorded) => ({
  version: schemaVersion,
  product: { vendor_name: 'Curfew', name: 'Curfew', version },
  uid: source,
  sequence: number,
  event_code: codeOf(entry),
  log_name: 'record',
  log_provider: 'Curfew',
  original_time: at.toISOString(),
})

/** By which it is found again in the record. */
const placeOf = ({ number, source, mark, keyId }: Link) => ({ record: { number, source, mark, keyId } })
