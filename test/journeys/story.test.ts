import { aStage } from '../support/curfew.ts'
import { aCompanyOf } from './a-company.ts'
import { aReason, asks } from './acts.ts'

describe.each(['socket', 'http'] as const)('over %s', (transport) => {
  test('a contractor asks, an admin approves, the door opens, the contractor is warned, and it closes on time', async () => {
    const { riley, ada, orders, database, workspace } = await aStage({ transport })
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'not authorized' })

    await riley.runs('/request-access orders-db peek 10s INC-7: a customer waits')
    await riley.modal(/What do you need it for/)
    expect(await riley.submits()).toMatchObject({ outcome: 'cleared' })
    const card = await ada.sees(/Riley asks for Peek at orders/, orders)
    expect(card.plain).toContain('INC-7: a customer waits')
    await riley.sees(/Asked for Peek at orders/, 'dm')

    await ada.clicks('Approve 10 s', card)
    await riley.sees(/You have Peek at orders on Orders database until/, 'dm')
    expect(await database.tryDoor('riley')).toEqual({ isOpen: true, says: '3 orders' })
    await ada.sees(/Active until .* Approved by Ada/, orders)

    await riley.sees(/Peek at orders on Orders database ends/, 'dm', { withinMs: 12_000 })
    await riley.sees(/ended .*; checked, it is gone/, 'dm', { withinMs: 12_000 })
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'not authorized' })
    await ada.sees(/Ended .* \(time was up\)\. Checked: gone/, orders)
    expect(workspace.complaints).toEqual([])
  }, 40_000)

  test('a contractor who holds something leaves the company: the door closes in seconds, and the card says by whose word', async () => {
    const stage = await aStage({ transport, isServed: true })
    const { riley, ada, orders, database, workspace } = stage
    const company = await aCompanyOf(stage)
    const reason = aReason()
    await asks(riley, 'orders-db read 1h', reason)
    await ada.clicks('Approve 1 h', await ada.sees(reason, orders))
    await riley.sees(/You have Read orders on Orders database until/, 'dm')
    const dmsBefore = riley.dms.length

    await company.setActive('riley', false)

    await ada.sees(/Ended .*Riley left \(okta, \d\d:\d\d UTC\).*Checked: gone/, orders, { withinMs: 5_000 })
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'not authorized' })
    expect(riley.dms.length).toBe(dmsBefore)
    expect(workspace.complaints).toEqual([])
  }, 40_000)
})
