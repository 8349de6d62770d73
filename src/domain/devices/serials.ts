import { isUsable, type Counting, type Device } from './device.ts'

/** What makers leave in place of a serial number; a thousand machines share it. */
const none =
  /^(?:0+|1234567890?|x+|-+|none|null|n\/?a|unknown|invalid|empty|default( string)?|system serial( number)?|serial( number)?|to be filled by o\.?e\.?m\.?|not (specified|available|applicable)|chassis serial number|vmware.*|parallels.*)$/i

/** Whether people can recognise a machine by it. */
export const isTelling = (serial: string | null): serial is string =>
  serial !== null && serial.trim().length >= 4 && !none.test(serial.trim())

const mostSharing = 3

/**
 * Which other device of the same person may be the same machine, by another source's word: for an admin to say, as a serial
 * number is easily forged. Null where none is, or where it is not plain. `alike`: all that have the same serial number.
 */
export function maybeSame(device: Device, alike: readonly Device[], rules: Counting): Device | null {
  if (!isTelling(device.serial) || alike.length > mostSharing) return null
  const isOfSame = ({ owner }: Device): boolean =>
    owner !== null &&
    (device.owner === null ? owner.email?.toLowerCase() === device.claimed : owner.id === device.owner.id)
  const others = alike.filter(
    (other) =>
      other.source !== device.source &&
      other.serial === device.serial &&
      isUsable(other, rules) &&
      other.joinedTo === null &&
      isOfSame(other),
  )
  const [one, ...more] = others
  return one !== undefined && more.length === 0 ? one : null
}
