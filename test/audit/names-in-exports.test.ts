import { history } from '../../src/audit/history.ts'
import { formats } from '../../src/audit/formats.ts'
import { isLink } from '../../src/domain/audit/chain.ts'
import { readRecorded } from '../../src/domain/audit/recorded.ts'
import { ada, aPerson, at } from '../support/builders.ts'
import { aRecord } from './a-record.ts'

/**
 * A display name is what people choose. One that turns writing around, goes on in another line, or has an @ in it leaves the
 * e-mail beside it as it is, and is not taken for somebody else: in exports and histories as on cards.
 */

const mallory = aPerson('Mallory')

/** Mallory, who is called so, said yes to what Riley asked for. */
async function aRecordOf(name: string) {
  const record = await aRecord()
  const by = { ...mallory, name }
  await record.happened('g1', [{ type: 'approved', at: at(0), by, note: null, stage: 0, durationMs: null }])
  await record.records()
  const exported = async (format: string): Promise<string> => {
    const [link] = await record.chain.after(0, 1)
    const entry = link !== undefined && isLink(link) ? readRecorded(link) : null
    if (link === undefined || !isLink(link) || entry === null) throw new Error('no entry')
    return formats[format]?.line(link, entry) ?? ''
  }
  return { ...record, exported, told: async () => (await record.asked(history, 'UMALLORY')).text }
}

const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

test('a spreadsheet shows the e-mail behind a name that turns writing around as it is', async () => {
  const { exported } = await aRecordOf('\u202emoc.elpmaxe@ada (adA')
  const row = await exported('csv')
  expect(row).toContain('mallory@acme.example')
  expect(row).not.toMatch(turning)
})

test('a name of several lines stands on one, in a spreadsheet', async () => {
  const { exported } = await aRecordOf('Ada\n\n\n\n\n\n\nx')
  expect((await exported('csv')).trimEnd()).not.toContain('\n')
})

test.each(['csv', 'history'])(
  'who is called as another is shown by their own e-mail alone: %s',
  async (where) => {
    const { exported, told } = await aRecordOf(`Ada (${ada.email ?? ''})`)
    const text = where === 'csv' ? await exported(where) : await told()
    expect(text).toContain('mallory@acme.example')
    expect(text).not.toContain('ada@acme.example')
  },
)
