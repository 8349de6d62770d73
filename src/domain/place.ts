/*
 * Where a connector leads, as it writes it (`Connector.where`) and holds store it: its kind, its address, and what else
 * tells it from others there. An address that is no URL may be several hosts of one system, `a:1,b:2`: any of them leads
 * to it, so that one may join or leave without the place becoming another.
 */

/** Where a system is that could not be connected: for all that is known it never moved. */
export const unknownPlace = '?'

/** What two writings of one place have at least one of in common. */
export function waysTo(where: string): string[] {
  const [kind = '', address = '', ...rest] = where.split(' ')
  const hosts = address.includes('/') ? [address] : address.split(',')
  return hosts.map((host) => [kind, host, ...rest].join(' '))
}

export function isSamePlace(one: string, other: string): boolean {
  if (one === unknownPlace || other === unknownPlace) return true
  const ways = new Set(waysTo(one))
  return waysTo(other).some((way) => ways.has(way))
}
