import { aStage } from '../support/curfew.ts'
import { ordersCatalog } from '../support/catalogs.ts'
import { aReason, asks, patient } from './acts.ts'

/**
 * What `curfew init` writes for somebody who begins alone: they are the one approver and the one admin. Nobody answers their
 * own request, so whoever is alone is told that nobody can answer it, and not that others stand in.
 */

const alone = `      alone:
        name: What Ada guards
        target: { database: orders, role: read }
        who: 'email.endsWith("@acme.example")'
        review: { stages: [{ approvers: { people: [ada@acme.example] }, needs: 1 }] }
`

test('the only approver, who is the only admin, is told when they ask that nobody can answer it', async () => {
  const { ada, orders } = await aStage({ catalog: (cast) => ordersCatalog(cast, { more: alone }) })
  const reason = aReason()
  await ada.runs(`/request-access orders-db alone 30m ${reason}`)
  const { text } = await ada.modal('What do you need it for?', patient)
  // Where it says who answers, it names nobody who cannot.
  expect(text).not.toContain('the admins stand in')
  await ada.closesModal({ everything: true })
  await asks(ada, 'orders-db alone 30m', reason)
  const told = await Promise.race([
    ada.sees(/nobody (else )?(can|could) answer/i, 'dm', patient),
    ada.sees(/nobody (else )?(can|could) answer/i, orders, patient),
  ])
  expect(told).toBeDefined()
}, 60_000)
