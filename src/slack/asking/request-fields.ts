import type { InputBlock, PlainTextOption } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import { cut } from '../../domain/cut.ts'
import { reasonLength } from '../../operations/request.ts'
import { plain } from '../words/blocks.ts'
import { offerKey } from './offers.ts'

/** What the forms that ask for one thing and for several share. */

export const reasonField = 'reason'

export const reasonInput = (entitlement: Entitlement | null, reason: string): InputBlock => ({
  type: 'input',
  block_id: 'reason',
  label: plain('What do you need it for?', 2_000),
  hint: plain('Approvers see this, and it is kept.', 2_000),
  element: {
    type: 'plain_text_input',
    action_id: reasonField,
    multiline: true,
    min_length: reasonLength.least,
    max_length: reasonLength.most,
    placeholder: plain(entitlement?.reasonExample ?? 'INC-123: orders stuck in paid', 150),
    ...(reason === '' ? {} : { initial_value: cut(reason, reasonLength.most) }),
  },
})

export const optionFor = (entitlement: Entitlement): PlainTextOption => ({
  text: plain(`${entitlement.name} · ${entitlement.resource.name}`, 75),
  value: offerKey(entitlement),
})
