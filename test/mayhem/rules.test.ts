import { randomBytes } from 'node:crypto'
import { asWritten, mayhemCatalog } from '../../scripts/mayhem/mayhem-catalog.ts'
import { approvers, rules, type Rule } from '../../scripts/mayhem/rules.ts'
import { parseCatalog } from '../../src/catalog/parse.ts'
import { everyEntitlement, type Entitlement } from '../../src/domain/catalog.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'

/** The verdict of `./scripts/chaos` knows the rules by itself; they are those of the catalog that everybody lives by. */

test('what the verdict asks before anybody holds anything is what the catalog of the mayhem asks', () => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const channels = { orders: 'C000001', billing: 'C000002', vpn: 'C000003' }
  const text = mayhemCatalog(channels, asWritten)
  const reading = parseCatalog([{ file: 'catalog.yml', text }], {
    env: {
      CATALOG_VARIABLES: 'ORDERS_*, BILLING_*, VPN_*, LAPTOPS_*',
      ORDERS_URL: 'mongodb://curfew:x@127.0.0.1:1/',
      BILLING_URL: 'postgres://curfew@127.0.0.1:1/billing',
      BILLING_PASSWORD: 'x',
      VPN_URL: 'http://127.0.0.1:1',
      VPN_SECRET: secret,
      LAPTOPS_SECRET: secret,
    },
    kinds: connectorKinds,
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  const entitlements = everyEntitlement(reading.catalog)
  expect(
    Object.fromEntries(entitlements.map((one) => [`${one.resource.id}/${one.id}`, asRule(one)])),
  ).toEqual(rules)
  // The group has those three: whoever lives there is put in it by town.ts.
  for (const { review } of entitlements)
    for (const stage of review.stages) expect(stage.approvers.groups).toEqual(['@dba'])
  expect(approvers).toHaveLength(3)
})

function asRule({ mode, session, auto, review, extend }: Entitlement): Rule {
  const seats = review.stages.reduce((sum, { needs }) => sum + needs, 0)
  if (mode === 'standing') return { by: 'standing', needs: 0, mostMs: null, more: null }
  if (session !== null) {
    const more = { byMs: session.lengthMs, totalMs: session.maxMs, needs: 0 }
    return { by: 'session', needs: 0, mostMs: session.lengthMs, more }
  }
  const mostMs = auto[0]?.maxMs ?? null
  const more = extend && {
    byMs: extend.stepMs,
    totalMs: extend.totalMs,
    needs: extend.isReviewed ? seats : 0,
  }
  return mostMs === null
    ? { by: 'people', needs: seats, mostMs, more }
    : { by: 'rule', needs: 0, mostMs, more }
}
