import { useRef, useState } from 'preact/hooks'
import { standingOf } from '../avatar.tsx'
import { Icon } from '../icons.tsx'
import type { Live } from '../live.ts'
import { channelsOf } from '../slack/conversation.ts'
import { phoneLinks } from './phone-links.ts'

/** One line that says what to do next; gone for good once dismissed. */
export function NextStep(options: { live: Live; asker: string; approver: string; inFocus: string }) {
  const { live, asker, approver, inFocus } = options
  const [isDismissed, setDismissed] = useState(false)
  const been = useRef({ isHeld: false })
  if (isDismissed) return <span class="next-step-place" />
  return (
    <div class="next-step-place">
      <p class="next-step" role="status">
        <Icon name="arrow" size={16} />
        <span>{nextStep(live, { asker, approver, inFocus }, been.current)}</span>
        <button
          type="button"
          class="icon-button"
          aria-label="Dismiss this hint"
          onClick={() => setDismissed(true)}
        >
          <Icon name="close" size={14} />
        </button>
      </p>
    </div>
  )
}

/** From what is on the page: nobody keeps count of steps but for whether the door was ever open. */
function nextStep(
  live: Live,
  ids: { asker: string; approver: string; inFocus: string },
  been: { isHeld: boolean },
): string {
  const asker = live.get('person', ids.asker)
  const approver = live.get('person', ids.approver)
  if (!asker || !approver) return 'Nobody is here yet.'
  const command = live.get('workspace', 'it')?.commands[0] ?? 'a command'
  const holds = live
    .all('door')
    .some(({ holders }) =>
      holders.some((one) => one === asker.id || one.toLowerCase() === asker.name.toLowerCase()),
    )
  if (holds) been.isHeld = true
  if (holds && ids.inFocus !== asker.id)
    return `The door is open for ${asker.name}. Go to ${asker.name}'s side and “Try the door”.`
  if (holds)
    return `The door is open: “Try the door” as ${asker.name}. It shuts by itself when the time is up.`
  if (live.get('employee', asker.name.toLowerCase())?.isActive === false)
    return `${asker.name} has left, and nothing opens for them. Reactivate them in the company directory to go on.`
  if (phoneLinks(live, asker.id).length > 0)
    return `Take ${asker.name}'s phone: open there what Slack shows, and confirm that it is ${asker.name}.`
  if ((live.get('stack', asker.id) ?? []).length > 0)
    return `Say what ${asker.name} needs and what for, then send it.`
  const card = openCard(live, approver.id)
  if (card !== null)
    return `Be ${approver.name}: approve the card in #${card}, then watch ${asker.name}'s side.`
  const laptop = live.get('laptop', asker.id)
  if (been.isHeld && laptop && !laptop.isPluggedIn && laptop.reported === null)
    return `It shut, and was checked. Open ${asker.name}'s laptop and plug it in: ${live.get('door', laptop.door)?.name ?? 'a door'} opens for one that is fit.`
  if (been.isHeld && live.get('company', 'it'))
    return `It shut, and was checked. Try a no, or deactivate ${asker.name} in the company directory while they hold it.`
  if (been.isHeld) return 'It shut, and was checked. Try a no, a shorter time, or change the catalog.'
  const standing = standingOf(asker)
  const who = standing === '' ? asker.name : `${asker.name}, ${standing.toLowerCase()}`
  return `You are ${who}. Type ${command} in the message box and press Enter.`
}

/** The channel of a card that still has a button to say yes with. */
function openCard(live: Live, personId: string): string | null {
  const places = channelsOf(live, personId)
  const waiting = live
    .all('message')
    .findLast(
      ({ isFromApp, channel, blocks }) =>
        isFromApp &&
        places.some(({ id }) => id === channel) &&
        blocks.some(
          (block) =>
            block.type === 'actions' &&
            block.elements.some(
              (element) => element.type === 'button' && /^approve/i.test(element.text.text),
            ),
        ),
    )
  return waiting === undefined ? null : (places.find(({ id }) => id === waiting.channel)?.name ?? null)
}
