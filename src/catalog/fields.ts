import { z } from 'zod'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import { weekdayNames } from '../domain/timing.ts'
import { isZone, wallTime } from '../domain/windows/wall-clock.ts'
import { compileCondition } from './condition.ts'
import { compileDeviceCondition } from './device-condition.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Words that `/request-access` takes for commands. */
const COMMAND_WORDS = ['help', 'list', 'done']

export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 small letters, digits and hyphens, such as orders-db')

export const resourceId = id.refine((text) => !COMMAND_WORDS.includes(text), {
  error: ({ input }) => `cannot be a resource's id: "/request-access ${String(input)}" is a command`,
})

/** One line that fits Slack. */
export const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(longest, `is longer than ${longest} characters`)
    .regex(/^\P{Cc}*$/u, 'must be one line')

/** Several lines, such as how to connect. */
export const text = (longest: number) =>
  z.string().trim().min(1, 'is empty').max(longest, `is longer than ${longest} characters`)

const EMAIL = /^[^\s@<>,"]{1,64}@[^\s@<>,"]+\.[^\s@<>,"]+$/
const SLACK_USER = /^[UW][A-Z0-9]{2,}$/

/** An e-mail, in small letters from here on, or a Slack user id. */
export const person = z
  .string()
  .trim()
  .transform((written) => (SLACK_USER.test(written) ? written : written.toLowerCase()))
  .refine((written) => SLACK_USER.test(written) || (EMAIL.test(written) && written.length <= 254), {
    error: ({ input }) => `"${String(input)}" is neither an e-mail nor a Slack user id such as U012AB3CD`,
  })

/** A Slack user group by its handle, `@dba`, or a SCIM group by its name, `dba`. */
export const group = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(300, 'is longer than 300 characters')
  .regex(/^\P{Cc}*$/u, 'must be one line')
  .refine(
    (text) => !text.startsWith('@') || /^@[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{N}._-]{0,79}$/u.test(text),
    { error: ({ input }) => `"${String(input)}" is not the handle of a Slack user group, such as "@dba"` },
  )

export const channel = z.string().regex(/^[CG][A-Z0-9]{2,}$/, {
  error: ({ input }) => `"${String(input)}" is not a Slack channel id such as C0123ABCD (not a #name)`,
})

/** Where no time at all may be meant. */
const noTime = /^\s*0\s*[a-z]+\s*$/i

/** Milliseconds, from text such as `30m`, between two bounds that the message names. */
export const duration = (leastMs: number, mostMs: number) =>
  z
    .string({ error: 'must be a length of time with its unit, such as 30m, 2h or 1d' })
    .transform((written, context) => {
      const ms = leastMs === 0 && noTime.test(written) ? 0 : parseDuration(written)
      if (ms !== null && ms >= leastMs && ms <= mostMs) return ms
      const message =
        ms === null
          ? `"${written}" is not a length of time such as 30m, 2h, 1d or 1h30m`
          : `${formatDuration(ms)} is not between ${formatDuration(leastMs)} and ${formatDuration(mostMs)}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })

/** How long access may last: 1 second (a practice run) to 30 days. */
export const accessTime = duration(1_000, 30 * DAY)

/** A share of 1, from text such as `50%`. */
export const share = z
  .string({ error: 'must be a share such as 50%' })
  .regex(/^(100|\d{1,2})%$/, 'must be a share between 0% and 100%, such as 50%')
  .transform((written) => Number(written.slice(0, -1)) / 100)

/** A CEL condition, compiled; a fault carries its offset in the text. */
export const condition = z.string({ error: 'must be a condition in quotes' }).transform((source, context) => {
  const compiled = compileCondition(source)
  if (!('offset' in compiled)) return compiled
  context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } })
  return z.NEVER
})

/** The same about a device. */
export const deviceCondition = z
  .string({ error: 'must be a condition in quotes' })
  .transform((source, context) => {
    const compiled = compileDeviceCondition(source)
    if (!('offset' in compiled)) return compiled
    context.addIssue({ code: 'custom', message: compiled.message, params: { offset: compiled.offset } })
    return z.NEVER
  })

/** The end of a day, from text such as `2027-01-31`, in UTC. */
export const day = z.iso
  .date('must be a day such as "2027-01-31", in quotes')
  .transform((written) => new Date(Date.parse(`${written}T00:00:00Z`) + DAY))

/** A list of different things. */
export const listOf = <Item extends z.ZodType<string>>(item: Item, most = 100) =>
  z
    .array(item)
    .max(most, `has more than ${most} entries`)
    .transform((items) => [...new Set(items)])

const weekdays = z
  .array(z.enum(weekdayNames, { error: `must be one of ${weekdayNames.join(', ')}` }))
  .min(1, 'is empty')
  .transform((names) => weekdayNames.flatMap((name, at) => (names.includes(name) ? [at + 1] : [])))

/** Hours of a week in which something may be held, as a window of the domain. */
export const openHours = z
  .strictObject({
    days: weekdays,
    from: wallTime,
    to: wallTime,
    zone: z.string().refine(isZone, {
      error: ({ input }) => `"${String(input)}" is not an IANA time zone such as Europe/Berlin`,
    }),
  })
  .transform(({ days, from, to, zone }) => ({ weekdays: days, start: from, end: to, zone }))
