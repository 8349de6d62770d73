import type { ForeseenLoss, SourceHeard } from '../../domain/ports/device-sources.ts'
import { deviceAdmins } from '../../operations/devices/answer-device.ts'
import { takeAnyway } from '../../operations/devices/take-anyway.ts'
import type { Parts } from '../parts.ts'
import type { Alert } from '../publish/picture.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { parseClick } from '../wire/payloads.ts'
import { button, buttonRow, section, type Message } from '../words/blocks.ts'
import { plainWords, unmarked, when, wholeLines } from '../words/mrkdwn.ts'
import { alertsByKey } from './alerts-by-key.ts'
import { placesTold } from './who-is-told.ts'

/** A source of devices is silent: who loses what, and when, said beforehand to those who look after devices. */

const prefix = 'outage:'
const takeId = 'outage_take'
const mostListed = 20

export async function pictureOutages(parts: Parts): Promise<Alert[]> {
  const { world, directory } = parts
  const { sources, channel, outage } = world.catalog().devices
  const heard = sources.size > 0 ? await world.deviceSources.all() : []
  const silent = heard.filter(isForeseen)
  const { places, isWhole } = await placesTold(directory, channel, () =>
    silent.length > 0 ? deviceAdmins(world.catalog()) : [],
  )
  const messages = silent.flatMap((one) =>
    places.map((place) => ({
      key: `${prefix}${place}:${one.heardAt.getTime()}:${one.source}`,
      channel: place,
      draw: () => Promise.resolve(outageMessage(one, { waits: outage === 'hold' && !one.isTakenAnyway })),
    })),
  )
  return alertsByKey(parts, prefix, messages, (key) => {
    const [, , since, ...rest] = key.split(':')
    const name = rest.join(':')
    // Only another version can read what is lost by it.
    if (sources.has(name) && (heard.find(({ source }) => source === name)?.losses ?? null) === null)
      return Promise.resolve(null)
    const isSilent = silent.some(
      ({ source, heardAt }) => source === name && heardAt.getTime() === Number(since),
    )
    // Slack does not say who is told of it.
    if (isSilent && !isWhole) return Promise.resolve(null)
    const source = plainWords(name, 40)
    const words = isSilent
      ? `That ${source} is silent is said elsewhere now.`
      : `${source} was silent for a while: that is over, or there is nothing to lose by it any more.`
    return Promise.resolve({ text: unmarked(words), blocks: [section(words)] })
  })
}

type Foreseen = SourceHeard & { readonly losses: readonly ForeseenLoss[] }

const isForeseen = (one: SourceHeard): one is Foreseen => one.losses !== null && one.losses.length > 0

export function outageMessage(one: Foreseen, { waits }: { waits: boolean }): Message {
  const source = plainWords(one.source, 40)
  const lines = one.losses.map((loss) => lossLine(loss))
  const unless = waits
    ? `Nobody loses it before ${source} is heard of and says so, or one of you lets it be taken.`
    : `It is taken then, unless ${source} is heard of.`
  const title = `:warning: *${source}* was not heard of since ${when(one.heardAt)}, and what is known of its devices grows old. ${unless}`
  const words = wholeLines(title, lines, { atMost: mostListed })
  return {
    text: `${one.source} is silent: people are about to lose what they hold on its devices`,
    blocks: [
      section(words),
      ...buttonRow(
        waits
          ? [
              button(
                takeId,
                'Take it all the same',
                `${one.heardAt.getTime()}:${one.source}`,
                `Take what is held on devices of ${one.source}`,
                {
                  style: 'danger',
                  sure: {
                    title: 'Take it all the same?',
                    text: `Each loses it at their time, until ${one.source} is heard of again.`,
                    yes: 'Take it',
                  },
                },
              ),
            ]
          : [],
      ),
    ],
  }
}

const lossLine = ({ people, entitlement, resource, at }: ForeseenLoss): string =>
  `• ${people} ${people === 1 ? 'person' : 'people'}: *${plainWords(entitlement.name, 60)}* on *${plainWords(resource.name, 60)}*, the first ${when(at)}`

export function listenToOutages(parts: Parts): void {
  parts.app.action(takeId, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const [ms = '', ...source] = click.value.split(':')
    const heardAt = new Date(/^\d{1,15}$/.test(ms) ? Number(ms) : 0)
    await answerClick(parts, answerTo(parts, click, respond), (by) =>
      takeAnyway(parts.world, { by, source: source.join(':'), heardAt }),
    )
  })
}
