import type { RespondFn } from '@slack/bolt'
import type { Button } from '@slack/types'
import { isUsable, type Counting, type Device, type DeviceAnswer } from '../../domain/devices/device.ts'
import {
  answerDevice,
  deviceAdmins,
  deviceTerms,
  isDoubtful,
  sameMachine,
} from '../../operations/devices/answer-device.ts'
import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { parseClick, type Click } from '../wire/payloads.ts'
import { button, buttonRow, section, type Message } from '../words/blocks.ts'
import { deviceLine, deviceName } from '../words/device-words.ts'
import { escapeText, plainWords, unmarked, when } from '../words/mrkdwn.ts'
import { named, surely } from '../words/who.ts'
import { alertsByKey } from './alerts-by-key.ts'
import { placesTold } from './who-is-told.ts'

/** New devices, and those of which it is in question whose they are: asked of the admins until one of them answers. */

const prefix = 'device:'
export const deviceActions: Readonly<Record<DeviceAnswer, string>> = {
  approve: 'device_approve',
  keep: 'device_keep',
  join: 'device_join',
  reject: 'device_reject',
  revoke: 'device_revoke',
}
export const againId = 'device_approve_again'
/** Of each of both questions in one place, however many wait: the others follow as these are answered. */
const mostAsked = 20
const mostRead = 500

export async function pictureDevices(parts: Parts): Promise<Alert[]> {
  const { world, directory } = parts
  const { sources, channel, needsApproval } = world.catalog().devices
  const isAnySource = sources.size > 0
  const waiting = isAnySource ? await world.devices.waiting(mostRead, { needsApproval }) : []
  const { places, isWhole } = await placesTold(directory, channel, () =>
    waiting.length > 0 ? deviceAdmins(world.catalog()) : [],
  )
  // Whose it is, or may be, is not asked.
  const isOfPlace = (place: string, { owner, claimant }: Device): boolean =>
    [owner, claimant].some((one) => one?.slack.userId === place)
  const isAskedIn = (place: string, device: Device): boolean =>
    places.includes(place) && !isOfPlace(place, device)
  const messages = waiting.flatMap((device) =>
    places
      .filter((place) => isAskedIn(place, device))
      .map((place) => ({
        key: `${prefix}${place}:${questionOf(device)}:${device.id}`,
        channel: place,
        kind: device.isInQuestion ? 'whose' : 'new',
        draw: async () => askedMessage(device, await sameMachine(world, device)),
      })),
  )
  return alertsByKey(
    parts,
    prefix,
    messages,
    async (key) => {
      const [, place = '', question, ...id] = key.split(':')
      if (!isAnySource)
        return saying('No source of devices is in the catalog any more: nobody needs to answer this.')
      const device = await world.devices.get(id.join(':'))
      if (device === null || !isWaiting(device, needsApproval) || questionOf(device) !== question)
        return answeredMessage(device)
      // More wait than were read; or Slack does not say who is asked.
      if (isAskedIn(place, device) || (!isWhole && !isOfPlace(place, device))) return null
      return saying(`*${deviceName(device)}* is asked about elsewhere now.`)
    },
    { most: mostAsked },
  )
}

/** What is asked of it, since it was answered last: one message, whatever it is called meanwhile. */
const questionOf = ({ isInQuestion, decided }: Device): string =>
  `${isInQuestion ? 'whose' : 'new'}-${decided?.at.getTime() ?? 0}`

const isWaiting = ({ isInQuestion, approval, owner, claimant }: Device, needsApproval: boolean): boolean =>
  isInQuestion || (approval === 'pending' && (owner === null ? claimant !== null : needsApproval))

const valueOf = (device: Device, same: Device | null = null): string =>
  `${deviceTerms(device, same)}:${device.id}`

/** `same`: the one that it may be, by another source's word. */
export function askedMessage(device: Device, same: Device | null): Message {
  const name = deviceName(device)
  const { owner, claimed, source, firstSeenAt, isInQuestion, approval } = device
  const said = claimed === null ? null : plainWords(claimed, 100)
  const { claimant } = device
  const isSaid = claimant === null ? `*${said ?? 'nobody'}*` : surely(claimant)
  const whose = owner === null ? `${isSaid}, says ${plainWords(source, 40)}` : surely(owner)
  const line = `${deviceLine(device)}; seen first ${when(firstSeenAt)} through ${plainWords(source, 40)}`
  if (isInQuestion && owner !== null) {
    const isRefused = approval === 'rejected' || approval === 'revoked'
    const before = isRefused
      ? ` An admin ${approval} it before: whoever it is said to be, it counts then.`
      : ''
    const words = `:computer: *${name}* is ${surely(owner)}’s, and ${plainWords(source, 40)} says that it is *${said ?? 'nobody'}*’s now. Until somebody decides, it counts for nobody.${before}\n${line}`
    return {
      text: `Whose is ${name}?`,
      blocks: [
        section(words),
        ...buttonRow([
          ...(said === null ? [] : [answerButton('approve', `It is ${said}’s now`, device)]),
          answerButton('keep', 'It stays as it was', device),
          answerButton('reject', 'It is nobody’s', device),
        ]),
      ],
    }
  }
  return {
    text: `A new device waits for an admin: ${name}`,
    blocks: [
      section(
        `:computer: New device *${name}* of ${whose}\n${line}${same === null ? '' : `\n${sameWords(same)}`}`,
      ),
      ...buttonRow([
        ...(same === null ? [] : [answerButton('join', 'It is the same machine', device, { same })]),
        answerButton('approve', same === null ? 'Approve' : 'Approve as another', device, {
          style: 'primary',
        }),
        answerButton('reject', 'Reject', device, { style: 'danger' }),
      ]),
    ],
  }
}

const sameWords = (same: Device): string =>
  `It may be *${deviceName(same)}*, of which ${plainWords(same.source, 40)} tells: the serial number is the same, which is no proof.`

function answerButton(
  answer: DeviceAnswer,
  label: string,
  device: Device,
  { style, same = null }: { style?: 'primary' | 'danger'; same?: Device | null } = {},
): Button {
  const sure =
    answer === 'reject'
      ? { title: 'Reject it?', text: `${device.name} will not count.`, yes: 'Reject' }
      : null
  return button(deviceActions[answer], label, valueOf(device, same), `${label}: ${device.name}`, {
    ...(style ? { style } : {}),
    ...(sure ? { sure } : {}),
  })
}

/** Of one that counts, or may, to take it back; of one that does not, to let it, where it is plain for whom. */
export function keptButtons(device: Device, rules: Counting): Button[] {
  if (device.isInQuestion || isUsable(device, rules)) return [revokeButton(device)]
  return isDoubtful(device) ? [] : [approveAgainButton(device)]
}

/** Taken back whenever somebody sees that it must be. */
const revokeButton = (device: Device): Button =>
  button(deviceActions.revoke, 'Revoke', valueOf(device), `Revoke ${device.name}`, {
    style: 'danger',
    sure: {
      title: 'Revoke it?',
      text: `What is held on ${device.name} ends at once, and it counts no more.`,
      yes: 'Revoke',
    },
  })

/** A no was meant for another, or is over. */
const approveAgainButton = (device: Device): Button =>
  button(againId, 'Approve all the same', valueOf(device), `Approve all the same: ${device.name}`)

export function answeredMessage(device: Device | null): Message {
  if (device === null) return saying('This device is not known any more.')
  const { decided, approval, owner } = device
  const name = `*${deviceName(device)}*`
  const by = decided?.by
  const who = by ? named(by) : decided?.because ? `The rule ${plainWords(decided.because, 200)}` : 'Somebody'
  const whose = owner === null ? '' : ` of ${surely(owner)}`
  if (decided?.answer === 'keep' && owner !== null && !device.isInQuestion)
    return saying(
      `${who} says that ${name} stays ${surely(owner)}’s.${approval === 'rejected' || approval === 'revoked' ? ' It does not count.' : ''}`,
    )
  switch (approval) {
    case 'approved':
      return saying(
        device.joinedTo === null
          ? `${who} approved ${name}${whose}.`
          : `${who} says that ${name}${whose} is a machine that was known already.`,
      )
    case 'rejected':
      return saying(
        `${who} rejected ${name}${whose}.`,
        isDoubtful(device) ? [] : [approveAgainButton(device)],
      )
    case 'revoked':
      return saying(`${who} revoked ${name}${whose}: it counts no more.`)
    case 'pending':
      return saying(`${name}${whose} changed since this was asked.`)
  }
}

const saying = (words: string, buttons: readonly Button[] = []): Message => ({
  text: unmarked(words),
  blocks: [section(words), ...buttonRow(buttons)],
})

export function listenToDevices(parts: Parts): void {
  for (const answer of ['approve', 'keep', 'join', 'reject', 'revoke'] as const)
    parts.app.action(deviceActions[answer], async ({ ack, body, respond }) => {
      await ack()
      await answered(parts, { click: parseClick(body), respond, answer })
    })
  parts.app.action(againId, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const device = await answered(parts, { click, respond, answer: 'approve' })
    // It was answered before: nobody looks at that message any more.
    if (device === null || click.message === null) return
    const { text, blocks } = answeredMessage(device)
    await respond({ replace_original: true, text: escapeText(text), blocks })
  })
}

async function answered(
  parts: Parts,
  { click, respond, answer }: { click: Click; respond: RespondFn; answer: DeviceAnswer },
): Promise<Device | null> {
  const { world } = parts
  const [terms = '', ...rest] = click.value.split(':')
  const id = rest.join(':')
  const isDone = await answerClick(parts, answerTo(parts, click, respond), (by) =>
    answerDevice(world, { by, id, answer, terms }),
  )
  return isDone ? world.devices.get(id) : null
}
