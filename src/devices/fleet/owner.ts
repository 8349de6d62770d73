import { z } from 'zod'
import type { DeviceReport } from '../../domain/devices/report.ts'
import type { DeviceMapping } from './host.ts'

/**
 * Fleet had it from the identity provider as the device was enrolled, or an admin of Fleet assigned it: `idp`, as some
 * versions call the latter.
 *
 * `custom` is not among them: Fleet shows by this one name what its admins set and what the device's own agent sent
 * (`custom_installer`), so whoever administers a device could claim to be anybody. `google_chrome_profiles` are whatever
 * profiles a person added to their browser.
 * Source: Fleet's server, `fleet.DeviceMappingCustomInstaller`, and its issue 37168.
 */
const proving = new Set(['mdm_idp_accounts', 'idp', 'identity_provider'])

const address = z.email().max(320)

/**
 * Whose it is. Undefined: nothing is said of it, or it cannot be told which of several. What is proven stands above what
 * is claimed, and two different proven addresses prove nothing.
 */
export function ownerOf(mappings: readonly DeviceMapping[] | null): DeviceReport['owner'] {
  if (mappings === null) return undefined
  if (mappings.length === 0) return null
  const proven = addressesOf(mappings, (source) => proving.has(source))
  if (proven.size > 0) return only(proven, true)
  const assigned = addressesOf(mappings, (source) => source.startsWith('custom'))
  return only(assigned.size > 0 ? assigned : addressesOf(mappings, () => true), false)
}

function addressesOf(mappings: readonly DeviceMapping[], isFrom: (source: string) => boolean): Set<string> {
  const found = mappings.flatMap(({ email, source }) => {
    const read = address.safeParse(email.trim())
    return isFrom(source) && read.success ? [read.data.toLowerCase()] : []
  })
  return new Set(found)
}

function only(addresses: ReadonlySet<string>, isProven: boolean): DeviceReport['owner'] {
  const [email] = addresses
  return email === undefined || addresses.size > 1 ? undefined : { email, isProven }
}
