import type { Grant } from '../../../src/domain/grant.ts'
import { refuse } from '../../../src/domain/refusal.ts'
import { cardValue, parseCardValues } from '../../../src/slack/deciding/card-value.ts'
import { drawLines, linesWords } from '../../../src/slack/deciding/lines-card.ts'
import { read } from '../../catalog/reading.ts'
import { aPendingGrant, anActiveGrant, at, kim } from '../../support/builders.ts'
import { aDeniedGrant, aHalfApprovedGrant } from '../../support/lives.ts'
import { buttonsOf, wordsOf } from '../../support/shown.ts'
import { aSlackSide, catalogWith } from '../../support/slack-side.ts'

const catalog = read(
  catalogWith(`      write:
        name: Change orders
        target: { database: orders, role: readWrite }
        confirm: true
        review: { stages: [{ approvers: { people: [ada@acme.example, sam@acme.example, kim@acme.example] } }] }`),
)
const reading = '*Read orders* on *Orders database*'
const changing = '*Change orders* on *Orders database*'
const second = { id: 'g2', line: 1, lines: 2, entitlement: { id: 'write', name: 'Change orders' } }
const first = { lines: 2 }

const draw = async (lines: readonly Grant[]) => {
  const message = await drawLines(aSlackSide({ catalog }).parts, lines, at(20))
  const groups = message.blocks.flatMap((block) =>
    block.type === 'actions'
      ? `${block.block_id ?? ''}: ${buttonsOf({ blocks: [block] })
          .map((one) => one.text.text)
          .join(', ')}`
      : [],
  )
  return { message, groups, words: wordsOf(message) }
}

test('several things that wait are one card: each with its approvers and its buttons, and two for all', async () => {
  const { message, words, groups } = await draw([aPendingGrant(first), aPendingGrant(second)])
  expect(words).toEqual([
    '<@URILEY> asks for 2 things, 2 h each. <!subteam^S-@dba> <@UADA> <@USAM> <@UKIM>',
    'INC-123: orders stuck in paid',
    'riley@acme.example · as riley on orders-cluster · member · asked at 5 Jan 10:00 (Europe/Berlin) · first request · lapses tomorrow at 09:00',
    `${reading}: <!subteam^S-@dba>`,
    `${changing}: <@UADA> <@USAM> <@UKIM>`,
  ])
  expect(message.text).toBe('Riley (riley@acme.example) asks for 2 things, 2 h each. 2 wait for an answer')
  expect(groups).toEqual([
    'do:all: Approve all 2, Deny all…',
    'do:g1: Approve 2 h, Change…, Deny…',
    'do:g2: Approve 2 h, Change…, Deny…',
  ])
})

test('one click for all carries each line with the terms that were seen, and is asked about', async () => {
  const lines = [aPendingGrant(first), aPendingGrant(second)]
  const [approve, deny] = buttonsOf((await draw(lines)).message)
  expect(approve).toMatchObject({ action_id: 'lines_approve', value: lines.map(cardValue).join(',') })
  expect(deny).toMatchObject({ action_id: 'lines_deny', value: lines.map(cardValue).join(',') })
  expect(approve?.confirm?.text.text).toBe('Give 2 things to Riley (riley@acme.example)?')
  expect(parseCardValues(approve?.value ?? '').map(({ grantId }) => grantId)).toEqual(['g1', 'g2'])
})

test('what the catalog wants to be asked about is asked about, line by line', async () => {
  const { message } = await draw([aPendingGrant(first), aPendingGrant(second)])
  const approve = buttonsOf(message).filter(({ action_id }) => action_id === 'card_approve')
  expect(approve.map(({ confirm }) => confirm?.text.text)).toEqual([
    undefined,
    'Give Change orders for Riley (riley@acme.example) for 2 h?',
  ])
})

test('once one is left it is answered by its own buttons; what was answered says how', async () => {
  const { words, groups } = await draw([aDeniedGrant(first), aPendingGrant(second)])
  expect(words[0]).toBe('<@URILEY> asks for 2 things, 2 h each. <@UADA> <@USAM> <@UKIM>')
  expect(words.slice(3)).toEqual([
    `${reading}: Denied by Ada (ada@acme.example) 09:01: Ask for the replica instead`,
    `${changing}: <@UADA> <@USAM> <@UKIM>`,
  ])
  expect(groups).toEqual(['do:g2: Approve 2 h, Change…, Deny…'])
})

test('once all were answered nobody is called, and what is held can be ended', async () => {
  const { message, words, groups } = await draw([aDeniedGrant(first), anActiveGrant(second)])
  expect(words[0]).toBe('<@URILEY> asks for 2 things, 2 h each.')
  expect(words[4]).toBe(`${changing}: Active until today at 11:00. Approved by Ada (ada@acme.example)`)
  expect(groups).toEqual(['do:g2: End now'])
  expect(message.text).toBe('Riley (riley@acme.example) asks for 2 things, 2 h each. all answered')
})

test('a line that one of two approved says so, and can still be answered with the others', async () => {
  const { words, groups } = await draw([aHalfApprovedGrant(first), aPendingGrant(second)])
  expect(words[3]).toBe(`${reading}: 1 of 2: Ada (ada@acme.example) 09:01`)
  expect(groups[0]).toBe('do:all: Approve all 2, Deny all…')
})

test('where they are somebody else on another system, each line says who', async () => {
  const { words } = await draw([
    aPendingGrant(first),
    aPendingGrant({ ...second, system: 'reports-cluster' }),
  ])
  expect(words[2]).not.toContain('as riley')
  expect(words[3]).toContain(`${reading} (as riley on orders-cluster):`)
  expect(words[4]).toContain(`${changing} (as riley on reports-cluster):`)
})

test('what is asked for somebody else says so', async () => {
  const { words } = await draw([
    aPendingGrant({ ...first, requester: kim }),
    aPendingGrant({ ...second, requester: kim }),
  ])
  expect(words[0]).toContain('<@UKIM> asks, for <@URILEY>, for 2 things, 2 h each.')
})

describe('whoever answers several at once', () => {
  const own = refuse('own-request')
  const late = refuse('too-late')
  const answered = aPendingGrant()
  test('hears nothing more when all could be', () =>
    expect(linesWords({ answered: [answered], refused: [] })).toBeNull())
  test('hears which were not, and each reason once', () =>
    expect(linesWords({ answered: [answered], refused: [own, own, late] })).toBe(
      "1 of 4 were answered. The others: You can't review your own request. Too late, access is already being taken back.",
    ))
  test('hears why none could be', () =>
    expect(linesWords({ answered: [], refused: [own] })).toBe("You can't review your own request."))
})
