import type { Ticket } from '../../src/domain/ports/tickets.ts'
import { askToConfirm } from '../../src/operations/confirm/confirm.ts'
import { askToEnrol } from '../../src/operations/confirm/enrol.ts'
import { read, withKeys } from '../catalog/reading.ts'
import { riley } from '../support/builders.ts'
import { aSlackSide } from '../support/slack-side.ts'

// By their e-mail an account elsewhere is theirs, once and for ever; whoever acts is known as they were seen last.
test('a link is for whom it is for as they are known now, and not by an e-mail that they had before', async () => {
  const catalog = read(
    withKeys('mode: session', 'session: { length: 1h }').replace('\'"@engineering" in groups\'', "'true'"),
  )
  const { world } = aSlackSide({ catalog })
  const made: Ticket[] = []
  const make = (ticket: Ticket): Promise<string> => {
    made.push(ticket)
    return Promise.resolve('ticket')
  }
  const hearing = { ...world, tickets: { ...world.tickets, make } }
  const by = { ...riley, email: 'riley.before@acme.example' }
  const what = { kind: 'open-session' as const, resource: 'orders-db', entitlement: 'read' }
  expect(await askToConfirm(hearing, { by, what })).toMatchObject({ ticket: 'ticket' })
  expect(await askToEnrol(hearing, by)).toEqual({ ticket: 'ticket' })
  expect(made.map((ticket) => ticket.by.email)).toEqual([riley.email, riley.email])
})
