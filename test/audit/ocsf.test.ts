import { readFile } from 'node:fs/promises'
import { formats } from '../../src/audit/formats.ts'
import { activitiesOfActs } from '../../src/audit/ocsf/of-act.ts'
import { activitiesOfHappened } from '../../src/audit/ocsf/of-happened.ts'
import type { Activity } from '../../src/audit/ocsf/activities.ts'
import { kindsOfActs, kindsOfHappened, type Kind } from '../../src/audit/kinds.ts'
import { readRecorded } from '../../src/domain/audit/recorded.ts'
import { hasOcsf, judgedByOcsf } from '../support/ocsf.ts'
import { linksOfAllTypes } from './entries.ts'

const withSchema = hasOcsf() ? test : test.skip

function eventsOf(many: number): string[] {
  return linksOfAllTypes(many).map((link) => {
    const entry = readRecorded(link)
    if (entry === null) throw new Error(`no entry: ${link.text}`)
    return formats['ocsf']!.line(link, entry)
  })
}

withSchema.each(['1.6.0', '1.8.0'])(
  'every type of entry, whatever is written in it, is an event that the schema of OCSF %s accepts',
  async (version) => {
    const events = eventsOf(8)
    const { faults, judged } = await judgedByOcsf(events.join(''), version)
    expect(faults).toEqual([])
    expect(judged).toBe(events.length)
  },
  90_000,
)

/** The rows of the table of types, as cells. */
async function documented(): Promise<string[][]> {
  const docs = await readFile('docs/audit/ocsf.md', 'utf8')
  const rows = docs.split('\n').filter((line) => /^\| `(grant|act)\./.test(line))
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )
}

const rowsOf = (
  of: string,
  kinds: Readonly<Record<string, Kind>>,
  those: Readonly<Record<string, Activity>>,
) =>
  Object.entries(those).map(([type, { className, classUid, name, id }]) => [
    `\`${of}.${type}\``,
    kinds[type]?.name,
    kinds[type]?.severity,
    `${className} ${classUid}`,
    `${name} ${id}`,
  ])

test('the documentation says of every type what it is called, how severe it is, and which event it becomes', async () => {
  const rows = [
    ...rowsOf('grant', kindsOfHappened, activitiesOfHappened),
    ...rowsOf('act', kindsOfActs, activitiesOfActs),
  ]
  expect([...(await documented())].sort()).toEqual(rows.sort())
})

test('what is held still was not revoked, who confirmed is a logon, and an event says where in the record it stands', () => {
  const events = linksOfAllTypes(20).map((link) => {
    const entry = readRecorded(link)
    if (entry === null) throw new Error(`no entry: ${link.text}`)
    const event = JSON.parse(formats['ocsf']!.line(link, entry)) as Record<string, unknown>
    return { link, entry, event }
  })
  for (const { link, entry, event } of events) {
    expect(event['unmapped']).toMatchObject({
      record: { number: link.number, source: link.source, mark: link.mark, keyId: link.keyId },
    })
    expect(event).toMatchObject({ time: link.at.getTime(), metadata: { uid: link.source, sequence: 1 } })
    if (entry.what === 'act') {
      const statusId = { done: 1, refused: 2, failed: 2, unknown: 0 }[entry.outcome]
      expect(event).toMatchObject({ status_id: statusId, status_code: entry.outcome })
    } else if (entry.happened.type === 'taken') {
      const isRevoked = entry.happened.left === 'gone'
      expect(event['activity_id']).toBe(isRevoked ? 2 : 99)
    } else if (entry.happened.type === 'confirmed') {
      expect(event).toMatchObject({ class_uid: 3002, actor: { user: { uid: entry.happened.by.id } } })
    } else if (entry.happened.type === 'late') {
      expect(event).toMatchObject({ status_id: 2, severity_id: 3 })
    }
  }
})
