import type { KnownBlock } from '@slack/types'
import { formatDuration } from '../../domain/duration.ts'
import { plainlyNamed } from '../../domain/person.ts'
import type { PreApproval } from '../../domain/pre-approval.ts'
import { stopPreApproval } from '../../operations/stop-pre-approval.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import { button, section } from '../words/blocks.ts'
import { bold } from '../words/names.ts'
import { when } from '../words/mrkdwn.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'
import { surely } from '../words/who.ts'

/** What was approved ahead, on the Home tabs of its approver, of whom it is for, and of the admins. Made in `change-modal.ts`. */

const stopId = 'ahead_stop'

export function aheadRow(one: PreApproval, viewer: 'approver' | 'subject' | 'admin'): KnownBlock[] {
  const what = bold(one)
  const forWhom = viewer === 'subject' ? what : `${surely(one.subject)}: ${what}`
  const whose = viewer === 'approver' ? forWhom : `${forWhom}, by ${surely(one.approver)}`
  const words = `${whose}\nup to ${formatDuration(one.maxMs)} each time, until ${when(one.until)}`
  const label = `Stop approving ${one.entitlement.name} for ${plainlyNamed(one.subject)} ahead`
  const sure = {
    title: 'Stop this?',
    text: `What ${plainlyNamed(one.subject)} asks for next is reviewed again. What is held now runs on.`,
    yes: 'Stop',
  }
  const line = section(words)
  return [{ ...line, accessory: button(stopId, 'Stop', one.id, label, { sure }) } as KnownBlock]
}

export function listenToPreApprovals(parts: Parts): void {
  parts.app.action(stopId, async ({ ack, body, respond }) => {
    await ack()
    const click = parseClick(body)
    await answerClick(parts, answerTo(parts, click, respond), (by) =>
      stopPreApproval(parts.world, { id: click.value, by }),
    )
  })
}
