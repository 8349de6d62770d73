import { formats } from '../../src/audit/formats.ts'
import { recordableOfAct } from '../../src/domain/audit/act.ts'
import { linked, noLink, type Link } from '../../src/domain/audit/chain.ts'
import { readRecorded, recordableOf } from '../../src/domain/audit/recorded.ts'
import { version } from '../../src/version.ts'
import { ada, aRequest, at, riley } from '../support/builders.ts'
import { linksOfAllTypes } from './entries.ts'

const key = { id: 'k1', bytes: new Uint8Array(32) }

function lineOf(link: Link): string {
  const entry = readRecorded(link)
  if (entry === null) throw new Error(`no entry: ${link.text}`)
  return formats['cef']!.line(link, entry)
}

/** As a reader takes a line apart who knows nothing but the escapes of the format; throws where one is not right. */
function parsed(line: string) {
  const header =
    /^CEF:0\|((?:[^\\|]|\\[\\|])*)\|((?:[^\\|]|\\[\\|])*)\|((?:[^\\|]|\\[\\|])*)\|((?:[^\\|]|\\[\\|])*)\|((?:[^\\|]|\\[\\|])*)\|(\d+)\|/.exec(
      line,
    )
  if (header === null) throw new Error(`no header: ${line}`)
  const fields = new Map<string, string>()
  let rest = line.slice(header[0].length).replace(/\n$/, '')
  while (rest !== '') {
    const next = /^ ?([a-zA-Z0-9]+)=((?:[^\\=\n\r]|\\[\\=nr])+?)(?= [a-zA-Z0-9]+=|$)/.exec(rest)
    if (next?.[1] === undefined || next[2] === undefined) throw new Error(`no field: ${rest}`)
    if (fields.has(next[1])) throw new Error(`twice: ${next[1]}`)
    fields.set(next[1], unescaped(next[2]))
    rest = rest.slice(next[0].length)
  }
  return { header: header.slice(1).map(unescaped), fields }
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign === 'r' ? '\r' : sign))

/** The keys of ArcSight's dictionary that are used. */
const dictionary =
  /^(rt|externalId|cat|act|outcome|suser|suid|sourceServiceName|duser|duid|destinationServiceName|reason|msg|cs[1-6](Label)?)$/

test('whatever people write, an entry of any type is one line that can be taken apart, by keys of the dictionary alone', () => {
  for (const link of linksOfAllTypes(12)) {
    const line = lineOf(link)
    expect(line.match(/[\r\n\u0085\u2028\u2029]/g)).toEqual(['\n'])
    const { header, fields } = parsed(line)
    expect(header.slice(0, 3)).toEqual(['Curfew', 'Curfew', version])
    expect([...fields.keys()].filter((name) => !dictionary.test(name))).toEqual([])
    for (const n of [1, 2, 3, 4, 5, 6]) expect(fields.has(`cs${n}`)).toBe(fields.has(`cs${n}Label`))
    expect([fields.get('externalId'), fields.get('cs5'), fields.get('cs6')]).toEqual(['1', link.mark, 'k1'])
    expect(fields.get('act')).toBe(header[3]?.replace(/^\w+\./, ''))
  }
})

test('what somebody wrote is read as they wrote it, and passes for no other field', () => {
  const reason = 'a|b\\c=d, suser=mallory act=approved\nand more\r\n=cmd()\\'
  const grant = { ...aRequest(0), principal: 'riley', endsAt: null, reason }
  const [link] = linked(
    noLink,
    [
      recordableOf(grant, 1, {
        type: 'approved',
        at: at(0),
        by: ada,
        note: 'fine|=\\',
        stage: 1,
        durationMs: null,
      }),
    ],
    key,
  )
  const { header, fields } = parsed(lineOf(link!))
  expect(header.slice(3)).toEqual(['grant.approved', 'Access approved', '3'])
  expect(Object.fromEntries(fields)).toEqual({
    rt: String(at(0).getTime()),
    externalId: '1',
    cat: 'grant',
    act: 'approved',
    outcome: 'success',
    suser: 'ada@acme.example',
    suid: 'p-ada',
    duser: 'riley@acme.example',
    duid: 'p0',
    destinationServiceName: 'orders-cluster',
    reason,
    msg: 'Access approved: Read orders on Orders database for Riley',
    cs1: 'orders-db read',
    cs1Label: 'Entitlement',
    cs2: 'riley',
    cs2Label: 'Principal',
    cs3: 'grant/g0/1',
    cs3Label: 'Source',
    cs4: '{"note":"fine|=\\\\","stage":1,"durationMs":null}',
    cs4Label: 'Details',
    cs5: link!.mark,
    cs5Label: 'Mark',
    cs6: 'k1',
    cs6Label: 'Key',
  })
})

test('an act that was refused deserves a look, and says who was at the command line', () => {
  const [link] = linked(
    noLink,
    [
      recordableOfAct(at(0), {
        id: 'a1',
        type: 'record-read',
        by: { operator: 'mallory' },
        about: { kind: 'record', id: 'record', name: 'record' },
        details: {},
        outcome: 'refused',
      }),
    ],
    key,
  )
  const { header, fields } = parsed(lineOf(link!))
  expect(header.slice(3)).toEqual(['act.record-read', 'Record read', '3'])
  expect(fields.get('suser')).toBe('mallory')
  expect(fields.get('sourceServiceName')).toBe('command line')
  expect(fields.get('outcome')).toBe('failure')
})

test('a value that is longer than the dictionary allows is cut where a character ends', () => {
  const grant = { ...aRequest(0), endsAt: null, reason: '👩‍👩‍👧'.repeat(1_000) }
  const [link] = linked(noLink, [recordableOf(grant, 0, { type: 'asked', at: at(0), by: riley })], key)
  const reason = parsed(lineOf(link!)).fields.get('reason') ?? ''
  expect(reason.length).toBeLessThanOrEqual(1_023)
  expect(reason).toMatch(/^(👩‍👩‍👧)+…$/u)
})
