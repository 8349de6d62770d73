import { formatDuration } from '../duration.ts'
import type { AttributeName } from './device.ts'
import type { Lack, Uncounted } from './fitness.ts'
import type { ReadValue } from './read-values.ts'
import type { Reading } from './rules.ts'

/** What is missing, as one clause: "riley-laptop: firewall is off (Fleet, 14:02)". */
export function lackWords(lack: Lack, { now }: { now: Date | null }): string {
  switch (lack.kind) {
    case 'no-device': {
      const [first, ...others] = lack.devices.map(uncountedWords)
      if (first === undefined) return 'no device of theirs is known that counts'
      return `no device of theirs counts: ${[first, ...others].slice(0, 5).join(', ')}`
    }
    case 'not-theirs':
      return `${lack.device} is no device of theirs that counts`
    case 'silent': {
      const { device, maxAgeMs } = lack
      if (now === null) return `${device.name} was not heard of for ${formatDuration(maxAgeMs)}`
      return `${device.name} was last heard of ${agoWords(device.lastSeenAt, now)}; for at most ${formatDuration(maxAgeMs)} that counts`
    }
    case 'unfit': {
      const { device, values, part } = lack
      const bad = values.filter(({ value, isStale }) => value === null || isStale)
      const shown = (bad.length > 0 ? bad : values).map((one) => valueWords(one, now))
      const what = shown.length > 0 ? shown.join(', ') : 'not what the rule asks for'
      return `${device.name}: ${what}; the rule is ${part}`
    }
  }
}

function uncountedWords({ name, approval, isInQuestion }: Uncounted): string {
  if (isInQuestion) return `${name} (an admin is to say whose it is)`
  if (approval === 'pending') return `${name} (it waits for an admin)`
  // It would count, did its source.
  return `${name} (${approval === 'approved' ? 'nobody says anything of it any more' : `an admin ${approval} it`})`
}

/** What its owner is to do about it; null: nothing that can be said. */
export function remedyFor(lack: Lack): string | null {
  switch (lack.kind) {
    case 'no-device':
      return lack.devices.some(({ approval, isInQuestion }) => approval === 'pending' || isInQuestion)
        ? 'An admin was asked about it.'
        : 'Enrol the device that you work on, or ask whoever looks after devices.'
    case 'not-theirs':
      return 'Ask for it on a device of yours.'
    case 'silent':
      return `Switch ${lack.device.name} on and connect it, so that ${lack.device.source} hears of it.`
    case 'unfit': {
      const stale = lack.values.some(({ isStale }) => isStale)
      if (lack.values.length === 0 || stale)
        return `Switch ${lack.device.name} on and connect it, so that ${lack.device.source} hears of it.`
      // Where one of several would do, what is plainly off is what to mend.
      const isOff = ({ value }: ReadValue): boolean => value === false || value === 'fail'
      const off = lack.values.filter(isOff)
      const said = [...off, ...lack.values.filter((one) => !isOff(one))].map(
        ({ remedy, reading, value }) => remedy ?? toDo(reading, value, lack.device.os),
      )
      return said.find((one) => one !== null) ?? null
    }
  }
}

function toDo(reading: Reading, value: ReadValue['value'], os: string | null): string | null {
  if (value === true) return null
  if (reading.kind === 'policy') return value === 'pass' ? null : `Mend what "${reading.name}" asks for.`
  if (reading.kind !== 'attribute') return null
  switch (reading.name) {
    case 'diskEncrypted':
      return `Turn on ${encryptionOf(os)}.`
    case 'firewall':
      return 'Turn on the firewall.'
    case 'screenLock':
      return 'Let the screen lock by itself.'
    case 'autoUpdate':
      return 'Turn on automatic updates.'
    case 'osVersion':
    case 'kernelVersion':
      return 'Install the updates of the system.'
    case 'managed':
      return 'Enrol it with whoever manages your company’s devices.'
    case 'os':
    case 'osFamily':
      return null
  }
}

function encryptionOf(os: string | null): string {
  if (os === 'macos') return 'FileVault'
  if (os === 'windows') return 'BitLocker'
  return 'disk encryption'
}

const names: Readonly<Record<AttributeName, string>> = {
  os: 'system',
  osVersion: 'system version',
  osFamily: 'system family',
  kernelVersion: 'kernel',
  diskEncrypted: 'disk encryption',
  firewall: 'firewall',
  autoUpdate: 'automatic updates',
  managed: 'management',
  screenLock: 'screen lock',
}

/** An attribute by its usual name; of all others, whatever they are called by their source. */
function nameOf(reading: Reading): string {
  if (reading.kind === 'attribute') return names[reading.name]
  if (reading.kind === 'mark') return reading.name === 'serial' ? 'serial number' : 'UUID'
  if (reading.kind === 'policy' || reading.kind === 'other') return reading.name
  return reading.kind === 'every-policy' ? 'what policies it has' : 'what else it says'
}

function valueWords({ reading, value, at, isStale }: ReadValue, now: Date | null): string {
  const name = nameOf(reading)
  if (value === null || at === null) return `${name} is not known`
  const said = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  if (now === null) return `${name} ${said}${isStale ? ', too long ago' : ''}`
  return `${name} ${said}, ${agoWords(at, now)}${isStale ? ' (too long ago)' : ''}`
}

/** In whole units. */
export function agoWords(at: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1_000))
  if (seconds < 5) return 'just now'
  if (seconds < 90) return `${seconds} s ago`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min ago`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`
}

/** All that is missing, and what to do about it; without `now` it says no ages. */
export function lacksInWords(lacks: readonly Lack[], now: Date | null): string {
  const said = lacks.map((lack) => lackWords(lack, { now }))
  const todo = [...new Set(lacks.flatMap((lack) => remedyFor(lack) ?? []))]
  return [said.join('; '), ...todo.map((one) => one.replace(/\.$/, ''))].join('. ')
}
