import { ordersCatalog } from '../support/catalogs.ts'
import { aBillingDatabase } from '../support/billing-database.ts'
import { logins } from '../support/cast.ts'
import { aStage } from '../support/curfew.ts'
import { hasPostgres } from '../support/postgres.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { aReason, asks, patient, wrongWith } from './acts.ts'

/** A life on a real PostgreSQL. */

const billing = `
  billing-db:
    name: Billing database
    system: billing
    entitlements:
      read:
        name: Read invoices
        target: { role: billing_readers }
        who: '"@contractors" in groups'
        duration: { default: 8s, max: 1h, choices: [8s] }
`
const system = `  billing:
    connector: postgres
    url: \${BILLING_URL}
    password: \${BILLING_PASSWORD}
    owner: curfew_owner
    principal: email.split("@")[0]
`

const testOnPostgres = hasPostgres(18) ? test : test.skip

testOnPostgres(
  'a role is given to whoever was approved, opens the door, and is taken and gone when the time is up',
  async () => {
    const database = await aBillingDatabase(logins)
    if (database === null) throw new Error('it was there a moment ago')
    afterThis(() => database.stop())
    const stage = await aStage({
      catalog: (cast) => ordersCatalog(cast).replace('\nresources:', `${system}\nresources:`) + billing,
      env: {
        BILLING_URL: database.curfewUrl,
        BILLING_PASSWORD: database.curfewPassword,
        CATALOG_VARIABLES: 'ORDERS_*, BILLING_*',
      },
    })
    const { riley, ada, access, workspace } = stage
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'permission denied' })
    const reason = aReason()
    await asks(riley, 'billing-db read', reason)
    await ada.clicks('Approve 8 s', await ada.sees(reason, access, patient))

    await riley.sees(/You have Read invoices/, 'dm', patient)
    expect(await database.tryDoor('riley')).toEqual({ isOpen: true, says: '2 invoices' })
    await riley.sees(/checked, it is gone/, 'dm', { withinMs: 30_000 })

    expect(await database.holders()).toEqual([])
    expect(await database.tryDoor('riley')).toEqual({ isOpen: false, says: 'permission denied' })
    expect(wrongWith(workspace)).toEqual([])
  },
  60_000,
)
