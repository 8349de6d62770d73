import { randomInt } from 'node:crypto'
import {
  enrolmentCodeMs,
  enrolmentCodeTries,
  newEnrolmentCode,
  readEnrolmentCode,
} from '../domain/confirming/enrolment-code.ts'
import type { DeviceCodes, DeviceCodeStore } from '../domain/ports/device-codes.ts'
import type { KeyRing } from './key-ring.ts'

const half = 5

/**
 * Its first half finds a code, and its second is what nobody guesses in the few tries that it has: 24 bits each. Two that
 * have one first half within a quarter of an hour are one chance in millions: then the later one counts.
 */
export function deviceCodes(store: DeviceCodeStore, ring: KeyRing): DeviceCodes {
  const marksOf = (code: string) =>
    ring.marks('device-code', [code]).map((mark) => mark.toString('base64url'))
  return {
    make: async (made) => {
      const shown = newEnrolmentCode((below) => randomInt(below))
      const code = readEnrolmentCode(shown) ?? ''
      const [mark = ''] = marksOf(code)
      const { until } = await store.put(code.slice(0, half), {
        mark,
        about: made,
        forMs: enrolmentCodeMs,
        tries: enrolmentCodeTries,
      })
      return { code: shown, until }
    },
    use: async (typed) => {
      const code = readEnrolmentCode(typed)
      if (code === null) return null
      const use = await store.use(code.slice(0, half), marksOf(code))
      return use.used ? use.about : null
    },
  }
}
