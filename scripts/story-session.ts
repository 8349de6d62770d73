import { linkBehind } from '../test/journeys/link-behind.ts'
import type { DemoParts } from './demo-parts.ts'

/** Short, as it is played while the story waits for something else. */
export const storyTimes = { session: '{ length: 20s, renew: 15s, max: 30s }', warn: '8s' }

/**
 * One whole session, played by itself beside the story: no admin is asked, and each time that Riley confirms, it is with a
 * phone, on Curfew's pages. Throws at the first thing that is not true.
 */
export async function playSession(
  { cast: { riley }, database, phones }: DemoParts,
  step: (words: string) => void,
): Promise<void> {
  const door = async (isOpen: boolean) => {
    const tried = await database.tryDoor('riley', 'reports')
    step(`        the door: Riley logs in to the sales reports and reads: ${tried.says}`)
    if (tried.isOpen !== isOpen)
      throw new Error(`the door to the reports should be ${isOpen ? 'open' : 'shut'}`)
  }
  const asks = async () => {
    await riley.runs('/request-access reports-db shift')
    await riley.modal('No review needed. Confirm that it is you to begin')
    await riley.submits()
  }
  /** Opens what the button leads to, and answers there: with the finger, unless something is typed. */
  const answers = async (link: string, way: string, fields: Record<string, string> = {}) => {
    await phones.at(riley.id, async (phone) => {
      if (link !== phone.address) await phone.opens(link)
      await phone.sends(`${new URL(link).pathname}/${way}`, fields)
    })
    return phones.read(riley.id)
  }
  const confirms = async () => {
    const link = await linkBehind(riley, 'Confirm…')
    const { text } = await answers(link, 'passkey')
    if (!text.includes('You have Reports')) throw new Error(`not confirmed: ${text}`)
    await riley.closesModal()
  }

  await door(false)
  await asks()
  const code = await phones.tellCode(riley, 'Kim')
  const proven = await answers(await linkBehind(riley, 'Add a way to confirm'), 'code', { code })
  const added = await answers(proven.address, 'passkey', { label: 'Phone' })
  if (!added.text.includes('You can confirm with your passkey now')) throw new Error(added.text)
  await riley.closesModal()
  step('Kim gives Riley a one-time code in person; with it Riley adds a passkey on a page')
  await asks()
  await confirms()
  await riley.sees(/You have Reports, while at work/, 'dm')
  step('Riley asks for the sales reports, and confirms with the passkey: given, no admin was asked')
  await door(true)
  const warning = await riley.sees(/Reports, while at work .* ends/, 'dm', { withinMs: 30_000 })
  await riley.clicks('Confirm again', warning)
  await confirms()
  step('warned, Riley confirms again: it goes on without a gap')
  await riley.sees(/30 s are the most; begin anew then/, 'dm', { withinMs: 30_000 })
  await door(true)
  step('        that was after the first end; warned again, as it lasts as long as it may')
  await riley.sees(/Reports, while at work .*ended .* checked, it is gone/, 'dm', { withinMs: 30_000 })
  step('the session ended at its maximum, and was checked')
  await door(false)
}
