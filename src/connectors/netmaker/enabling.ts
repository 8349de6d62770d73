import { ConnectorError, type Target } from '../../domain/connector.ts'
import { changer, find, findAll } from './changes.ts'
import { isCreatedName } from './names.ts'
import { pageAfter } from './pages.ts'
import type { Netmaker } from './server.ts'
import { isClientName, placeOf } from './settings.ts'
import type { Turns } from './turns.ts'
import type { Way } from './way.ts'
import { within } from './within.ts'

/** Clients that are there: each person's own, which is enabled and disabled. Those that Curfew created are none. */
export function enabling(server: Netmaker, inTurn: Turns): Way {
  const change = changer(server, inTurn)
  const isOwnName = (name: string) => isClientName(name) && !isCreatedName(name)

  const nameOf = (principal: string, target: Target) => {
    const { network, suffix } = placeOf(target)
    return { name: `${principal}${suffix}`, network }
  }

  return {
    async give({ principal, target, signal }) {
      const place = nameOf(principal, target)
      const { name, network } = place
      const refused = (why: string) =>
        new ConnectorError(`Netmaker could not enable the client ${name}: ${why}`, {
          retryable: false,
          happened: 'no',
        })
      if (!isClientName(name)) throw refused('no client can be called so: 5 to 32 letters, digits and dashes')
      if (isCreatedName(name)) throw refused('only clients that Curfew creates are called so')
      const given = await within(
        inTurn(`client ${name}`, signal, () => change(place, { enabled: true }, signal)),
        signal,
      )
      if (given !== null) return
      if (await server.hasNetwork(network, signal))
        throw refused(`it does not exist in the network ${network}`)
      throw refused(`the network ${network} does not exist`)
    },

    async take({ principal, target, signal }) {
      const place = nameOf(principal, target)
      if (!isOwnName(place.name)) return
      await within(
        inTurn(`client ${place.name}`, signal, () => change(place, { enabled: false }, signal)),
        signal,
      )
    },

    async has({ principal, target, signal }) {
      const place = nameOf(principal, target)
      if (!isOwnName(place.name)) return false
      return (await find(server, place, signal))?.enabled ?? false
    },

    async list({ target, after, signal }) {
      const { network, suffix } = placeOf(target)
      const principals = (await findAll(server, network, signal))
        .filter(({ clientid, enabled }) => enabled && isOwnName(clientid) && clientid.endsWith(suffix))
        .map(({ clientid }) => clientid.slice(0, clientid.length - suffix.length))
      return pageAfter(after, principals)
    },
  }
}
