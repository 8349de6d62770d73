import { aStage } from '../support/curfew.ts'
import type { Person } from '../workspace/people/person.ts'
import { backup, ownDatabase, type Database } from './backup.ts'
import { aReason, asks, eventually, onlyGrantOf, patient, wrongWith } from './acts.ts'

/** What `docs/restoring.md` says of a restore, and its second step word for word. */

const remembered = async (db: Database) =>
  (
    await db
      .collection('holds')
      .find({}, { projection: { _id: 0, system: 1, principal: 1, target: 1, claims: 1, heldBefore: 1 } })
      .toArray()
  )
    .filter(({ claims }) => Object.keys(claims as object).length > 0)
    .map(({ principal, heldBefore }) => `${String(principal)}${heldBefore === false ? '' : ', before'}`)
    .sort()

test('after a restore each thing goes on as the page says, and what was given since is found by it', async () => {
  const stage = await aStage()
  const { riley, kim, sam, ada, orders, access, contractors, database, workspace } = stage
  contractors.members = [riley, kim, sam]
  const asksFor = async (person: Person, what: string, channel = orders, reason = aReason()) => {
    expect((await asks(person, what, reason)).outcome).toBe('cleared')
    return ada.sees(reason, channel, patient)
  }
  await ada.clicks('Approve 25 s', await asksFor(riley, 'orders-db peek 25s'))
  await ada.clicks('Approve 25 s', await asksFor(kim, 'orders-db peek 25s'))
  const has = await riley.sees(/You have Peek at orders/, 'dm', patient)
  await kim.sees(/You have Peek at orders/, 'dm', patient)
  const asked = await asksFor(sam, 'orders-db read 30m')
  const db = await ownDatabase(stage)
  const restore = await backup(db)

  await riley.clicks("I'm done", has, { confirm: true })
  await ada.sees(/Ended .*\. Checked: gone/, orders, patient)
  await ada.clicks('Approve 30 min', asked)
  await sam.sees(/You have Read orders/, 'dm', patient)
  await ada.clicks('Approve 30 min', await asksFor(kim, 'reports-db read 30m', access))
  await kim.sees(/You have Read reports/, 'dm', patient)
  await stage.stopApp()
  await restore()

  // Step 2: what it remembers. Sam is not among them, and Kim not for the reports.
  expect(await remembered(db)).toEqual(['kim', 'riley'])
  // Step 3: what is there.
  expect((await database.holders('read')).sort()).toEqual(['kim', 'sam'])
  expect(await database.holders('read', 'reports')).toEqual(['kim'])
  // Step 4, for Sam alone: Kim's is overlooked.
  await database.takeByHand('sam', 'read')
  await stage.startApp()

  // Asked for in the backup, given since: it waits for its answer again, and lives anew.
  await ada.clicks('Approve 30 min', asked, { asSeen: true })
  await ada.sees(/Active until/, orders, patient)
  // Held in the backup: ended on time, whether it was gone already or held still.
  const isOver = () => workspace.messages(orders).filter(({ plain }) => /time was up\)\. Checked/.test(plain))
  await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders, { withinMs: 40_000 })
  await eventually(
    async () => isOver().length,
    (ends) => ends === 2,
  )
  expect(await database.holders('read')).toEqual(['sam'])
  expect(isOver().map(({ plain }) => /Checked: [^.]*/.exec(plain)?.[0])).toEqual([
    'Checked: gone',
    'Checked: gone',
  ])
  // Given since and overlooked: nobody knows of it; whoever is given the same now is seen to have held it before.
  const reason = aReason()
  await ada.clicks('Approve 30 min', await asksFor(kim, 'reports-db read 30m', access, reason))
  const again = await ada.sees(new RegExp(`${reason}.*Active until`, 's'), access, patient)
  expect(await remembered(db)).toEqual(['kim, before', 'sam'])
  await ada.clicks('End now', again, { confirm: true })
  await ada.sees(/Held before Curfew; left in place/, access, patient)
  expect(await database.holders('read', 'reports')).toEqual(['kim'])
  expect(wrongWith(workspace)).toEqual([])
}, 120_000)

test('started after a restore it gives nothing before an admin has answered for what was given since', async () => {
  const stage = await aStage()
  const { riley, kim, ada, orders, contractors, database, workspace } = stage
  contractors.members = [riley, kim]
  const asksFor = async (person: Person, reason = aReason()) => {
    expect((await asks(person, 'orders-db read 30m', reason)).outcome).toBe('cleared')
    return ada.sees(reason, orders, patient)
  }
  const db = await ownDatabase(stage)
  const restore = await backup(db)
  await ada.clicks('Approve 30 min', await asksFor(riley))
  await riley.sees(/You have Read orders/, 'dm', patient)
  await stage.stopApp()
  await restore()

  await stage.startApp({ isAfterRestore: true })

  await ada.sees(/restored from a backup.*Nothing is given/s, 'dm', patient)
  const found = await ada.sees(/1 held without a grant.*riley/s, orders, { withinMs: 20_000 })
  await ada.clicks('Approve 30 min', await asksFor(kim))
  await eventually(
    () => onlyGrantOf(stage, kim),
    (grant) => grant.status === 'granting' && /after a restore/.test(grant.lastError ?? ''),
  )
  expect(await database.holders('read')).toEqual(['riley'])
  await ada.clicks('Take it back…', found)
  await ada.modal('From whom?', patient)
  await ada.chooses('From whom?', 'riley: Read orders')
  await ada.submits()
  await kim.sees(/You have Read orders/, 'dm', { withinMs: 60_000 })
  expect(await database.holders('read')).toEqual(['kim'])
  expect(await db.collection('restores').countDocuments()).toBe(0)
  expect(wrongWith(workspace)).toEqual([])
}, 150_000)
