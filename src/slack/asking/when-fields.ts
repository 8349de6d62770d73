import type { InputBlock, KnownBlock, PlainTextOption } from '@slack/types'
import type { Entitlement } from '../../domain/catalog.ts'
import { formatDuration } from '../../domain/duration.ts'
import { describeOnly, weekdayNames, type Recurrence } from '../../domain/timing.ts'
import type { PersonFacts } from '../../domain/person.ts'
import { patternSchema } from '../../domain/windows/pattern.ts'
import { dateIn, isZone } from '../../domain/windows/wall-clock.ts'
import { context, plain } from '../words/blocks.ts'
import type { InView } from '../wire/payloads.ts'

/** "When?" in the request modal: as soon as approved, at a set time, or every week. */

export const whenActions = {
  when: 'when',
  start: 'start',
  days: 'days',
  time: 'time',
  every: 'every',
  from: 'from',
  until: 'until',
  zone: 'zone',
} as const

const soon = 'soon'
const later = 'later'
const weekly = 'weekly'
export type When = typeof soon | typeof later | typeof weekly

/** How many weeks may lie between two windows. */
const mostWeeks = 8

export const whenOf = ({ field }: Pick<InView, 'field'>): When => {
  const chosen = field(whenActions.when)
  return chosen === later || chosen === weekly ? chosen : soon
}

export interface WhenAbout {
  readonly when: When
  /** The asker's own zone: times are read in it. */
  readonly zone: string
  readonly now: Date
}

/** Only what the entitlement allows; the choice itself stands there once there is more than one. */
export function whenInputs(entitlement: Entitlement, key: string, about: WhenAbout): KnownBlock[] {
  const { startsWithinMs, windows } = entitlement
  const only = windows?.only.length ? [context(`Only ${describeOnly(windows.only)}.`)] : []
  if (windows?.untilMs == null) {
    return [...only, ...(startsWithinMs === null ? [] : [startInput(key, startsWithinMs, true)])]
  }
  const { when } = about
  return [
    whenInput(key, when, startsWithinMs !== null),
    ...only,
    ...(when === later && startsWithinMs !== null ? [startInput(key, startsWithinMs, false)] : []),
    ...(when === weekly ? weeklyInputs(key, windows.untilMs, about) : []),
  ]
}

const choices: readonly { value: When; words: string }[] = [
  { value: soon, words: 'As soon as it is approved' },
  { value: later, words: 'At a set time' },
  { value: weekly, words: 'Every week' },
]

function whenInput(key: string, chosen: When, isStillHeld: boolean): InputBlock {
  const options = choices
    .filter(({ value }) => isStillHeld || value !== later)
    .map(({ value, words }) => ({ text: plain(words, 75), value }))
  const initial = options.find(({ value }) => value === chosen)
  return {
    type: 'input',
    block_id: `when:${key}`,
    dispatch_action: true,
    label: plain('When?', 2_000),
    element: {
      type: 'radio_buttons',
      action_id: whenActions.when,
      options,
      ...(initial ? { initial_option: initial } : {}),
    },
  }
}

/** Shown by Slack in the reader's own zone. */
const startInput = (key: string, startsWithinMs: number, isOptional: boolean): InputBlock => ({
  type: 'input',
  block_id: `start:${key}`,
  optional: isOptional,
  label: plain('When should it start?', 2_000),
  hint: plain(
    `${isOptional ? 'Empty: as soon as it is approved. ' : ''}At most ${formatDuration(startsWithinMs)} ahead.`,
    2_000,
  ),
  element: { type: 'datetimepicker', action_id: whenActions.start },
})

function weeklyInputs(key: string, untilMs: number, { zone, now }: WhenAbout): InputBlock[] {
  const input = (name: string, label: string, element: InputBlock['element'], hint?: string): InputBlock => ({
    type: 'input',
    block_id: `${name}:${key}`,
    label: plain(label, 2_000),
    element,
    ...(hint === undefined ? {} : { hint: plain(hint, 2_000) }),
  })
  const weeks = Array.from({ length: mostWeeks }, (_, i) => everyOption(i + 1))
  const [everyWeek] = weeks
  const furthest = dateIn(zone, new Date(now.getTime() + untilMs))
  return [
    input(whenActions.days, 'On which days?', {
      type: 'checkboxes',
      action_id: whenActions.days,
      options: weekdayNames.map((name) => ({ text: plain(name, 75), value: name })),
    }),
    input(
      whenActions.time,
      'From what time?',
      { type: 'timepicker', action_id: whenActions.time },
      'Each time it lasts as long as you ask for above.',
    ),
    input(whenActions.every, 'How often?', {
      type: 'static_select',
      action_id: whenActions.every,
      options: weeks,
      ...(everyWeek ? { initial_option: everyWeek } : {}),
    }),
    input(whenActions.from, 'First day', {
      type: 'datepicker',
      action_id: whenActions.from,
      initial_date: dateIn(zone, now),
    }),
    input(
      whenActions.until,
      'Last day',
      { type: 'datepicker', action_id: whenActions.until },
      `At the latest ${furthest}.`,
    ),
    input(
      whenActions.zone,
      'Time zone',
      { type: 'plain_text_input', action_id: whenActions.zone, initial_value: zone, max_length: 60 },
      'The days and times above are read there.',
    ),
  ]
}

const everyOption = (weeks: number): PlainTextOption => ({
  text: plain(weeks === 1 ? 'Every week' : `Every ${weeks} weeks`, 75),
  value: String(weeks),
})

/** What was filled in; null unless every week was chosen. */
export function recurrenceOf(view: Pick<InView, 'field' | 'choices'>): Recurrence | null | 'unreadable' {
  const { field, choices: chosen } = view
  if (whenOf(view) !== weekly) return null
  const days = chosen(whenActions.days)
  const read = recurrence.safeParse({
    weekdays: weekdayNames.flatMap((name, at) => (days.includes(name) ? [at + 1] : [])),
    everyWeeks: Number(field(whenActions.every)),
    from: field(whenActions.from) ?? '',
    until: field(whenActions.until) ?? '',
    start: field(whenActions.time) ?? '',
    zone: (field(whenActions.zone) ?? '').trim(),
  })
  return read.success ? read.data : 'unreadable'
}

const recurrence = patternSchema.omit({ durationMs: true })

/** The asker's own, if this machine knows it. */
export const zoneOf = ({ zone }: PersonFacts): string => (isZone(zone) ? zone : 'UTC')

export function startOf({ field }: Pick<InView, 'field'>): Date | null {
  const seconds = field(whenActions.start)
  return seconds === null ? null : new Date(Number(seconds) * 1_000)
}
