import { z } from 'zod'
import type { FactorNews } from '../../src/domain/confirming/factor-news.ts'
import type { PersonRef } from '../../src/domain/person.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { kim, riley } from '../support/builders.ts'
import { anAuthenticator } from '../support/authenticator.ts'
import { confirmingOn } from '../support/confirming-on.ts'
import { aDatabase } from '../support/database.ts'
import { aKey } from '../support/ring.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const publicUrl = 'https://curfew.acme.example'
const created = z.object({
  rp: z.object({ id: z.string() }),
  user: z.object({ id: z.string() }),
  challenge: z.string(),
})
const asking = z.object({ rpId: z.string(), challenge: z.string() })

test('whose link was answered with the passkey of somebody else is told that somebody tried', async () => {
  const database = await aDatabase()
  afterThis(() => database.drop())
  await ensureIndexes(database.connection)
  const catalog = read(withKeys('mode: session', 'session: { length: 1h }'))
  const told: FactorNews[] = []
  const confirming = confirmingOn(database, {
    catalog,
    key: aKey('k1'),
    tell: (news) => void told.push(news),
  })
  const aPhoneOf = async (person: PersonRef) => {
    const device = anAuthenticator(publicUrl)
    const offered = created.parse(await confirming.enrolling.passkeyOffer(person, person.id))
    const body = JSON.stringify(device.creates(offered))
    const added = await confirming.enrolling.addPasskey(person, { ticket: person.id, body, label: 'Phone' })
    expect(added).toEqual({ added: 'your passkey' })
    return device
  }
  await aPhoneOf(riley)
  const kims = await aPhoneOf(kim)
  const asked = { ticket: 'link', digest: 'terms' }
  const options = asking.parse(await confirming.passkeyOptions(riley, asked))
  const answer = await confirming.byPasskey(riley, asked, JSON.stringify(kims.gets(options)))
  expect(answer).toMatchObject({ no: 'that passkey is not one of yours here' })
  expect(told).toContainEqual({ person: riley.id, what: 'another-tried' })
})
