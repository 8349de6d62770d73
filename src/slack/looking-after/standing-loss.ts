import type { MassLoss } from '../../domain/ports/losses.ts'
import { confirmLoss } from '../../operations/confirm-loss.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { button, buttonRow, type Message, section } from '../words/blocks.ts'
import { bold } from '../words/names.ts'
import { alertsByKey } from './alerts-by-key.ts'
import type { Alert } from '../publish/picture.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'

/** Many people at once would lose what they hold: said in the resource's channel, and taken once an admin says so. */

const takeId = 'standing_take'
const prefix = 'standing:'

export async function pictureLosses(parts: Parts): Promise<Alert[]> {
  const { losses } = parts.world
  const waiting = (await losses.all()).map((loss) => ({
    key: `${prefix}${loss.mark}`,
    channel: loss.channel,
    draw: () => Promise.resolve(lossMessage(loss)),
  }))
  return alertsByKey(parts, prefix, waiting, async (key) =>
    (await losses.waits(key.slice(prefix.length))) ? null : overMessage,
  )
}

function lossMessage({ resource, entitlement, mark, count }: MassLoss): Message {
  const what = bold({ entitlement, resource })
  const words = `:warning: ${count} people would lose ${what} at once: its rule does not name them any more. They keep it until an admin says so.`
  const sure = {
    title: 'Take it back?',
    text: `${count} people lose ${entitlement.name} on ${resource.name} at once.`,
    yes: 'Take it back',
  }
  const label = `Take it back from ${count}`
  const value = `${resource.id}:${entitlement.id}:${mark}`
  return {
    text: `${count} people would lose ${entitlement.name} on ${resource.name}`,
    blocks: [section(words), ...buttonRow([button(takeId, label, value, label, { style: 'danger', sure })])],
  }
}

const overMessage: Message = {
  text: 'Settled: nobody waits to lose access here',
  blocks: [section('Settled: it was taken back, or the rule names them again.')],
}

export function listenToLosses(parts: Parts): void {
  const { app, world, held } = parts
  app.action(takeId, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    const [resource = '', entitlement = '', mark = ''] = click.value.split(':')
    const isDone = await answerClick(parts, answerTo(parts, click, respond), (by) =>
      confirmLoss(world, { by, resource, entitlement, mark }),
    )
    // Where Slack did not say of somebody just then, it is asked again soon.
    if (isDone) held.soon()
  })
}
