import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

/** Says who sent a request that came from `peer`, with this `X-Forwarded-For`. */
export type ClientAddress = (peer: string, forwardedFor: string) => string

const perhapsMapped = /^::ffff:(?=[\d.]+$)/i
const withPort = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/

/**
 * `TRUSTED_PROXIES`: addresses and ranges with commas between, or `none` where nobody passes on requests of others. What
 * stands left of the nearest address that is none of theirs was written by whoever sent it, and is not believed.
 */
export const trustedProxies = z.string().transform((text, context): ClientAddress => {
  const trusted = new BlockList()
  for (const one of text === 'none' ? [] : text.split(',').map((part) => part.trim())) {
    const [address = '', bits, ...more] = one.split('/')
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
    if (family === 0 || more.length > 0 || !(prefix <= most)) {
      context.addIssue('must list addresses or ranges, as 10.0.0.0/8, or be none')
      return z.NEVER
    }
    trusted.addSubnet(address, prefix, named(family))
  }
  const isTrusted = (address: string): boolean => trusted.check(address, named(isIP(address)))
  return (peer, forwardedFor) => {
    const passedOn = forwardedFor.split(',').map(addressIn)
    let client = addressIn(peer)
    while (isTrusted(client)) {
      const before = passedOn.pop() ?? ''
      // Nothing more is said, or what is said is no address.
      if (isIP(before) === 0) break
      client = before
    }
    return client
  }
})

const named = (family: number): 'ipv4' | 'ipv6' => (family === 6 ? 'ipv6' : 'ipv4')

/** Without the port that some proxies write, and IPv4 as such. */
function addressIn(written: string): string {
  const text = written.trim()
  const [, inBrackets, plain] = withPort.exec(text) ?? []
  return (inBrackets ?? plain ?? text).replace(perhapsMapped, '')
}
