import { randomBytes } from 'node:crypto'
import type { Cast } from '../test/support/cast.ts'
import { Laptop } from '../test/workspace/practice/laptop.ts'

/** What laptops' reports are signed with. */
export const newLaptopsSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

/** Riley's, as the demo's catalog asks for it: it reports to the running app, over its own door. */
export function demoLaptop(
  { riley }: Pick<Cast, 'riley'>,
  { publicUrl, secret }: { publicUrl: string; secret: string },
): Laptop {
  const { id, name, account } = riley
  return new Laptop({
    owner: { id, name, email: account.email ?? '' },
    door: 'customers-db',
    reports: { url: `${publicUrl}/devices/laptops`, secret },
  })
}
