import { Secret, TOTP } from 'otpauth'
import type { NewPasskey } from '../../src/domain/confirming/passkey.ts'
import { mongoPasskeys } from '../../src/mongo/confirming/passkeys.ts'
import { ensureIndexes } from '../../src/mongo/indexes.ts'
import { ownWayRows, ownWaysOf } from '../../src/slack/home/own-ways.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { riley } from '../support/builders.ts'
import { confirmingOn } from '../support/confirming-on.ts'
import { aDatabase } from '../support/database.ts'
import { noLog } from '../support/no-log.ts'
import { aKey } from '../support/ring.ts'
import { aSlackSide } from '../support/slack-side.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

const phone: NewPasskey = {
  id: 'phone',
  person: riley.id,
  userHandle: 'handle',
  publicKey: 'AAAA',
  counter: 0,
  transports: [],
  aaguid: '00000000-0000-0000-0000-000000000000',
  deviceType: 'singleDevice',
  isBackedUp: false,
  rpId: 'before.acme.example',
  label: 'Phone',
}

test.each([
  ['an app, where only passkeys count', 'passkey', 'an app'],
  ['a passkey, where only codes of apps count', 'totp', 'a passkey'],
  ['a passkey of the address that Curfew had before', 'passkey', 'a passkey'],
])('whoever has only %s does not read at home that access is confirmed with it', async (_, counts, has) => {
  const database = await aDatabase()
  afterThis(() => database.drop())
  await ensureIndexes(database.connection)
  const catalog = read(
    `${withKeys('mode: session', 'session: { length: 1h }')}confirm: { methods: [${counts}] }\n`,
  )
  const { world: others } = aSlackSide({ catalog })
  const publicUrl = 'https://curfew.acme.example'
  const confirming = confirmingOn(database, { catalog, key: aKey('k1') })
  const { enrolling } = confirming
  if (has === 'a passkey')
    await mongoPasskeys(database.connection).add({
      ...phone,
      rpId: counts === 'totp' ? 'curfew.acme.example' : phone.rpId,
    })
  else {
    const secret = Secret.fromBase32(enrolling.codeOffer(riley, 'page')?.secret.replaceAll(' ', '') ?? '')
    await enrolling.addCode(riley, 'page', new TOTP({ secret }).generate())
  }
  expect(await confirming.waysOf(riley, [...catalog.proof.methods])).toEqual([])
  const ways = await ownWaysOf({ world: { ...others, confirming }, publicUrl, log: noLog }, riley)
  const text = JSON.stringify(ownWayRows(ways).flatMap((row) => row()))
  expect(text).not.toMatch(/Access that asks for it is confirmed with one of these/)
})
