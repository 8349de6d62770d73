import type { Grant } from '../../domain/grant.ts'
import { isUnfitNow } from '../../domain/devices/posture.ts'
import { earliest } from '../../domain/instants.ts'
import { message, type Message } from '../words/blocks.ts'
import { plainWords, when } from '../words/mrkdwn.ts'
import { bold, nameOf } from '../words/names.ts'

/** The device is not fit any more: what is missing, and until when there is time to mend it. */
export function unfitDm(grant: Grant, { isNow }: { isNow: boolean }): Message {
  const unfit = grant.status === 'active' && isUnfitNow(grant.posture) ? grant.posture?.unfit : null
  if (isNow && grant.status === 'active' && unfit != null)
    return message(
      `${bold(grant)} ends ${when(earliest(unfit.cutAt, grant.endsAt))} unless this is mended: ${plainWords(unfit.why, 400)}.`,
      `${nameOf(grant)} ends soon: your device is not fit`,
    )
  const isHeld = grant.status === 'active'
  return message(
    isHeld
      ? `${bold(grant)}: your device was not fit for a while, and is again.`
      : `${bold(grant)}: your device was not fit. It ended.`,
    `${nameOf(grant)}: your device was not fit`,
  )
}
