import type { DemoParts } from './demo-parts.ts'

/** A door that opens for a fit laptop alone. Throws at the first thing that is not true. */
export async function playLaptop(
  { cast: { riley, ada, orders }, database, laptop }: DemoParts,
  step: (words: string) => void,
): Promise<void> {
  const door = async (isOpen: boolean) => {
    const tried = await database.tryDoor('riley', 'customers')
    step(`        the door: Riley logs in to the customer records and reads: ${tried.says}`)
    if (tried.isOpen !== isOpen)
      throw new Error(`the door to the customers should be ${isOpen ? 'open' : 'shut'}`)
  }
  const begins = () => riley.runs('/request-access customers-db read 10m INC-125: a customer waits')

  await laptop.setNetwork(true)
  const card = await ada.sees(/New device riley-laptop/, orders, { withinMs: 15_000 })
  await ada.clicks('Approve', card)
  await ada.sees(/approved riley-laptop/, orders, { withinMs: 15_000 })
  step('Riley plugs a laptop in, which reports how it is; Ada says on a card that it counts')
  await begins()
  await riley.modal(/For fit devices only.*Install the updates/s)
  await riley.closesModal()
  step('Riley asks for the customer records: the form says that updates are missing')
  await laptop.installsUpdates()
  await begins()
  await riley.modal('No review needed')
  await riley.submits()
  await riley.sees(/You have Read customers/, 'dm', { withinMs: 15_000 })
  step('updated, it is fit: given, no admin was asked')
  await door(true)
  await laptop.setFirewall(false)
  await riley.sees(/Read customers .*ends .*unless this is mended: .*Turn on the firewall/s, 'dm', {
    withinMs: 15_000,
  })
  step('Riley turns the firewall off, and is told to turn it on')
  await riley.sees(/Read customers .*ended .*firewall off.* checked, it is gone/s, 'dm', { withinMs: 20_000 })
  step('nobody did: it was taken back, and was checked')
  await door(false)
  await laptop.setNetwork(false)
}
