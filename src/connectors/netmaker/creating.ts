import { ConnectorError, type HandOver, type Target } from '../../domain/connector.ts'
import { afterSending } from '../after-sending.ts'
import { changer, failedTo, find, findAll, mostTries, needBroker } from './changes.ts'
import { withPrivateKey } from './configuration.ts'
import { newKeys, nobodysKey } from './keys.ts'
import { createdName, isCreatedName, isTagged, tagFor, whoseIs } from './names.ts'
import { pageAfter } from './pages.ts'
import type { ExtClient, Netmaker } from './server.ts'
import { creationOf } from './settings.ts'
import type { Turns } from './turns.ts'
import type { Way } from './way.ts'
import { within } from './within.ts'

/** What `wg-quick` takes for the name of an interface, which it reads off the file's. */
const longestInterface = 15

/**
 * An external client that is created for the grant, and deleted at its end.
 *
 * - Keys are made here. Netmaker is told the public one alone: neither its records nor its administrators ever have the
 *   private one, which is in the configuration that the holder is shown, and nowhere else.
 * - Given, the client is enabled with a key whose private one nobody has. Shown, it gets another: it is disabled first,
 *   since that has the gateway drop the old key, and then enabled with the new one. It is never deleted for that, so a
 *   showing that is carried out late finds nothing to change once the client was taken; one that Netmaker is in the midst
 *   of is waited for by the take.
 * - Whose it is is told by its name, which holds a hash of both principal and target.
 */
export function creating(server: Netmaker, inTurn: Turns): Way & Pick<HandOver, 'make'> {
  const change = changer(server, inTurn)

  const creationIn = (principal: string, target: Target) => {
    const creation = creationOf(target)
    if (creation === null)
      throw new ConnectorError('No gateway is named, and no client created', {
        retryable: false,
        happened: 'no',
      })
    return { ...creation, name: createdName(principal, target) }
  }

  async function needGateway(
    doing: string,
    { network, gateway }: { network: string; gateway: string },
    signal: AbortSignal,
  ): Promise<void> {
    const refused = (why: string) =>
      new ConnectorError(`Netmaker could not ${doing}: ${why}`, { retryable: false, happened: 'no' })
    if (!(await server.hasNetwork(network, signal))) throw refused(`the network ${network} does not exist`)
    // Asked, since Netmaker would create the client in whatever network the gateway is of.
    if (!(await server.gateways(network, signal)).has(gateway))
      throw refused(`the gateway ${gateway} does not exist in the network ${network}`)
  }

  return {
    async give({ principal, target, signal }) {
      const { name, network, gateway, tags } = creationIn(principal, target)
      const place = { name, network }
      const doing = `create the client ${name} in the network ${network}`
      const create = async (): Promise<ConnectorError | null> => {
        await needBroker(server, doing, signal)
        const client = {
          clientid: name,
          network,
          gateway,
          publickey: nobodysKey(),
          tags: [tagFor(principal), ...tags],
        }
        return server.create(client, { doing, signal })
      }
      let wasSent = false
      const giveInTurn = async (): Promise<void> => {
        for (let tries = 0; tries < mostTries; tries += 1) {
          // One that is missing for a moment only has the name still: then creating is refused.
          const client = wasSent
            ? await find(server, place, signal)
            : ((await server.clients(network, signal)).get(name) ?? null)
          if (client?.enabled) return
          if (client !== null) {
            // Whatever configuration it had is not revived.
            if (await change(place, { enabled: true, publickey: nobodysKey() }, signal)) return
            continue
          }
          await needGateway(doing, { network, gateway }, signal)
          const refusal = await inTurn(`network ${network}`, signal, create)
          if (refusal === null) wasSent = true
          else if ((await find(server, place, signal)) === null) throw refusal
        }
        throw failedTo(doing, 'it is gone again and again')
      }
      await within(
        inTurn(`client ${name}`, signal, () => afterSending(() => wasSent, giveInTurn)),
        signal,
      )
    },

    async take({ principal, target, signal }) {
      const { name, network } = creationIn(principal, target)
      const doing = `delete the client ${name} of the network ${network}`
      let wasSent = false
      const takeInTurn = async (): Promise<void> => {
        for (let tries = 0; tries < mostTries; tries += 1) {
          if ((await find(server, { name, network }, signal)) === null) return
          await needBroker(server, doing, signal)
          // Waits for no other client: a deletion leaves no gap in which an address counts as free.
          await server.remove({ clientid: name, network }, { doing, signal })
          wasSent = true
        }
        throw failedTo(doing, 'it is there again and again')
      }
      await within(
        inTurn(`client ${name}`, signal, () => afterSending(() => wasSent, takeInTurn)),
        signal,
      )
    },

    async make({ principal, target, signal }) {
      const { name, network } = creationIn(principal, target)
      const place = { name, network }
      const doing = `make a configuration for the client ${name} of the network ${network}`
      let wasSent = false
      const makeInTurn = async () => {
        if ((await change(place, { enabled: false }, signal)) === null)
          throw new ConnectorError(`Netmaker could not ${doing}: it does not exist`, {
            retryable: false,
            happened: 'no',
          })
        wasSent = true
        const { privateKey, publicKey } = newKeys()
        if ((await change(place, { enabled: true, publickey: publicKey }, signal)) === null)
          throw failedTo(doing, 'it is gone since')
        const file = await server.file({ clientid: name, network }, { doing, signal })
        const text = file === null ? null : withPrivateKey(file, privateKey)
        if (text === null) throw failedTo(doing, 'its answer is no configuration')
        return [{ label: 'Configuration', text, file: `${network.slice(0, longestInterface)}.conf` }]
      }
      return within(
        inTurn(`client ${name}`, signal, () => afterSending(() => wasSent, makeInTurn)),
        signal,
      )
    },

    async has({ principal, target, signal }) {
      const place = creationIn(principal, target)
      // One that is disabled may be so for the moment in which it gets another key.
      return (await find(server, place, signal, ({ enabled }) => enabled)) !== null
    },

    async list({ target, after, signal }) {
      const { network, gateway } = creationIn('', target)
      const isHere = (client: ExtClient) =>
        client.enabled && isCreatedName(client.clientid) && client.ingressgatewayid === gateway
      const principals = (await findAll(server, network, signal))
        .filter(isHere)
        // Whoever cannot be told is told by the client's name: better than nobody.
        .flatMap((client) => whoseIs(client, target) ?? (isTagged(client) ? [] : client.clientid))
      return pageAfter(after, principals)
    },
  }
}
