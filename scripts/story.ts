import type { DemoParts } from './demo-parts.ts'
import { playLaptop } from './story-laptop.ts'
import { playSession } from './story-session.ts'

/**
 * One whole life of a grant, played by itself: each step is said with its time as it happens, and after each the door
 * is tried by logging in as the contractor. Throws at the first thing that is not true.
 */
export async function playStory(parts: DemoParts): Promise<void> {
  const { workspace, cast, database, company } = parts
  const { riley, ada, orders } = cast
  const startedAt = Date.now()
  const step = (words: string) =>
    console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${words}`)
  const door = async (isOpen: boolean) => {
    const tried = await database.tryDoor('riley')
    step(`        the door: Riley logs in to the orders database and reads: ${tried.says}`)
    if (tried.isOpen !== isOpen) throw new Error(`the door should be ${isOpen ? 'open' : 'shut'} now`)
  }
  await door(false)
  await riley.runs('/request-access orders-db read 1m INC-123: orders stuck in paid')
  await riley.modal(/What do you need it for/)
  step('Riley types /request-access orders-db read 1m, and sees the form filled in')
  const sent = await riley.submits()
  if (sent.outcome !== 'cleared') throw new Error(`the form was not accepted: ${JSON.stringify(sent)}`)
  await riley.sees(/Asked for Read orders/, 'dm')
  step('Riley sends it; a DM says who was asked')
  const card = await ada.sees(/Riley asks for Read orders/, orders)
  step(`Ada sees the card in #orders: “${card.plain.split('\n')[0]}”`)
  await door(false)
  await ada.clicks('Approve 1 min', card)
  step('Ada clicks Approve')
  await riley.sees(/You have Read orders .* until/, 'dm')
  await ada.sees(/Active until/, orders)
  step('given: Riley is told until when, and the card says Active')
  await door(true)
  // What lasts a minute is waited for anyway.
  await playSession(parts, step)
  await riley.sees(/Read orders .* ends/, 'dm', { withinMs: 70_000 })
  step('warned: Riley is told that it ends soon')
  await door(true)
  await riley.sees(/Read orders .*ended .* checked, it is gone/, 'dm', { withinMs: 30_000 })
  step('taken back: Riley is told that it ended and was checked')
  await door(false)
  const holders = await database.holders('read')
  if (holders.join() !== 'kim')
    throw new Error(`held by ${holders.join(', ') || 'nobody'}, and not by Kim alone`)
  step('Kim, who holds it by rule every day, still does')
  await ada.sees(/Ended .*\(time was up\)\. Checked: gone/, orders)
  step('the card says: Ended (time was up). Checked: gone')

  await playLaptop(parts, step)

  await riley.runs('/request-access orders-db read 10m INC-124: and stuck again')
  await riley.modal(/What do you need it for/)
  await riley.submits()
  await ada.clicks('Approve 10 min', await ada.sees(/INC-124/, orders))
  await riley.sees(/You have Read orders .* until/, 'dm')
  step('Riley asks once more, for 10 minutes, and Ada approves')
  await door(true)
  const dms = riley.dms.length
  await company.setActive('riley', false)
  step('Riley leaves: the company directory deactivates Riley, by one SCIM request')
  const last = await ada.sees(/INC-124[^]*Ended .*Riley left \(okta, .*\).*Checked: gone/, orders)
  step(`the card says: “${/Ended .*/.exec(last.plain)?.[0] ?? ''}”`)
  await door(false)
  if (riley.dms.length !== dms) throw new Error('Riley was written to after leaving')
  if (workspace.complaints.length > 0)
    throw new Error(`Slack complained: ${JSON.stringify(workspace.complaints)}`)
  step('all of it was true')
}
