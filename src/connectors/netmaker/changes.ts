import { ConnectorError } from '../../domain/connector.ts'
import { afterSending } from '../after-sending.ts'
import type { ExtClient, Netmaker, Wanted } from './server.ts'
import type { Turns } from './turns.ts'
import { pause } from './within.ts'

/** A client that is being changed is missing for some milliseconds; one that is missing for so long is gone. */
const goneAfterMs = 400
const askAgainAfterMs = [50, 100, 200, 300] as const
/** Between the two readings of a list. */
const secondLookMs = 100
/** How often a change is tried while others change the same client. */
export const mostTries = 4

export interface Named {
  readonly name: string
  readonly network: string
}

/** The client as the list has it; null once it was missing for a while, or was not such a one. */
export async function find(
  server: Netmaker,
  { name, network }: Named,
  signal: AbortSignal,
  isSuch: (client: ExtClient) => boolean = () => true,
): Promise<ExtClient | null> {
  const beganMs = performance.now()
  for (let asked = 0; ; asked += 1) {
    const found = (await server.clients(network, signal)).get(name)
    if (found !== undefined && isSuch(found)) return found
    if (performance.now() - beganMs >= goneAfterMs) return null
    await pause(askAgainAfterMs[asked] ?? askAgainAfterMs[3], signal)
  }
}

/** All clients of a network, those too that are being changed just now. */
export async function findAll(server: Netmaker, network: string, signal: AbortSignal): Promise<ExtClient[]> {
  const first = await server.clients(network, signal)
  await pause(secondLookMs, signal)
  const second = await server.clients(network, signal)
  return [...second.values(), ...[...first.values()].filter(({ clientid }) => !second.has(clientid))]
}

export async function needBroker(server: Netmaker, doing: string, signal: AbortSignal): Promise<void> {
  if ((await server.recentStatus(signal)).hasBroker) return
  throw new ConnectorError(
    `Netmaker could not ${doing}: it has lost its message broker, so no gateway would hear of it`,
    {
      retryable: true,
      happened: 'no',
    },
  )
}

export const failedTo = (doing: string, why: string): ConnectorError =>
  new ConnectorError(`Netmaker could not ${doing}: ${why}`, { retryable: true })

/** Brings clients that are there to a state. */
export function changer(server: Netmaker, inTurn: Turns) {
  /** Sets the client as wanted, and returns it as the list has it then; null where there is none. */
  return async function change(
    { name, network }: Named,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<ExtClient | null> {
    const doing = `${wanted.enabled ? 'enable' : 'disable'} the client ${name} of the network ${network}`
    const isAsWanted = (client: ExtClient) =>
      client.enabled === wanted.enabled &&
      (wanted.publickey === undefined || client.publickey === wanted.publickey)
    const attempt = async (): Promise<boolean> => {
      // Others of this network may have come first: what is said again is read again.
      const client = (await server.recentClients(network, signal)).get(name)
      if (client === undefined || isAsWanted(client)) return false
      await needBroker(server, doing, signal)
      await server.change(client, wanted, { doing, signal })
      return true
    }
    let wasSent = false
    return afterSending(
      () => wasSent,
      async () => {
        for (let tries = 0; tries < mostTries; tries += 1) {
          const client = await find(server, { name, network }, signal)
          if (client !== null && isAsWanted(client)) return client
          if (client === null && wasSent && wanted.enabled) throw failedTo(doing, 'it is gone since')
          if (client === null) return null
          if (await inTurn(`network ${network}`, signal, attempt)) wasSent = true
        }
        throw failedTo(doing, 'somebody else keeps changing it')
      },
    )
  }
}
