import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../config-error.ts'
import { areCertificates } from '../../domain/certificates.ts'
import type { Proxies } from '../../domain/connector.ts'
import type { Receiver } from '../../domain/ports/forwarding.ts'
import { formats } from '../formats.ts'
import { fileReceiver } from './file.ts'
import type { ForwardSettings } from './settings.ts'
import { syslogReceiver } from './syslog.ts'
import { webhookReceiver } from './webhook.ts'

const patienceMs = 15_000

/** As the settings say. Throws `ConfigError` where their certificates cannot be read. */
export async function openReceiver(
  settings: ForwardSettings,
  { proxies, now }: { proxies: Proxies | null; now: () => Date },
): Promise<Receiver> {
  const { place, secret, messageBytes } = settings
  const format = formats[settings.format]
  if (format === undefined) throw new ConfigError(`AUDIT_FORWARD_FORMAT: there is no ${settings.format}`)
  const ca = await readAuthorities(settings)
  switch (place.kind) {
    case 'syslog':
      return syslogReceiver({ host: place.host, port: place.port, ca, patienceMs, messageBytes }, format)
    case 'webhook':
      return webhookReceiver({ url: place.url, secret, ca, proxies, now }, format)
    case 'file':
      return fileReceiver(place.path, format)
  }
}

/** Null: the usual ones. Throws `ConfigError`. */
export async function readAuthorities({ caPath }: Pick<ForwardSettings, 'caPath'>): Promise<string | null> {
  if (caPath === null) return null
  const text = await readFile(caPath, 'utf8').catch(() => {
    throw new ConfigError(`AUDIT_FORWARD_CA: ${caPath} cannot be read`)
  })
  if (!areCertificates(text))
    throw new ConfigError(
      `AUDIT_FORWARD_CA: ${caPath} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`,
    )
  return text
}
