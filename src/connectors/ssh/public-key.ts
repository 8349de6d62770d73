import { ConnectorError } from '../../domain/connector.ts'

const mostLength = 16_000
const leastRsaBits = 3_072
const hint = 'Paste the one line of the file that ends in .pub, such as ~/.ssh/id_ed25519.pub'

/** What follows a key's type in it: how many parts, and what is looked at. */
const curves = new Map([
  ['ecdsa-sha2-nistp256', { curve: 'nistp256', pointLength: 65 }],
  ['ecdsa-sha2-nistp384', { curve: 'nistp384', pointLength: 97 }],
  ['ecdsa-sha2-nistp521', { curve: 'nistp521', pointLength: 133 }],
])
const types = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  ...curves.keys(),
])

export interface PublicKey {
  readonly type: string
  /** As ssh-keygen reads it, without the comment. */
  readonly line: string
}

const refused = (why: string) => new ConnectorError(why, { retryable: false, happened: 'no' })

/**
 * The one key in what somebody brought. Throws a `ConnectorError` with words for them; of what they brought it repeats
 * nothing but the name of a type.
 */
export function readPublicKey(brought: string | null): PublicKey {
  const text = (brought ?? '').trim()
  if (text === '') throw refused(`No public key came. ${hint}.`)
  if (/PRIVATE KEY|PuTTY-User-Key-File/i.test(text))
    throw refused(
      `That is a private key, which nobody but you may ever see. It was not used, but has left your machine: make a new pair. ${hint}.`,
    )
  if (/BEGIN (SSH2 |RSA )?PUBLIC KEY/.test(text))
    throw refused(
      'That public key is in another form than OpenSSH takes: `ssh-keygen -i -m PKCS8 -f <file>` (or RFC4716) writes it as one line.',
    )
  if (text.length > mostLength) throw refused(`That is too long to be a public key. ${hint}.`)
  if (/[\r\n]/.test(text)) throw refused(`That is more than one line. ${hint}.`)
  if (/\p{Cc}/u.test(text.replaceAll('\t', ' '))) throw refused(`That is no public key. ${hint}.`)
  const [type = '', base64 = ''] = text.split(/[ \t]+/)
  if (/^[\w.-]+-cert-v\d+@openssh\.com$/.test(type))
    throw refused(`That is a certificate, and no public key. ${hint}.`)
  if (type === 'ssh-dss')
    throw refused('Keys of type ssh-dss are not safe any more: make one of ssh-ed25519.')
  if (!types.has(type)) throw refused(`That does not begin with a type of key that is known here. ${hint}.`)
  const parts = partsOf(base64)
  if (parts === null || parts[0]?.toString('latin1') !== type || !isWhole(type, parts.slice(1)))
    throw refused(`That key is not whole. ${hint}.`)
  if (type === 'ssh-rsa' && bitsOf(parts[2]) < leastRsaBits)
    throw refused(
      `That RSA key has ${bitsOf(parts[2])} bits, and needs ${leastRsaBits}: better make one of ssh-ed25519.`,
    )
  return { type, line: `${type} ${base64}` }
}

/** RFC 4253: each part after its length in four bytes. Null: it is not made like that. */
function partsOf(base64: string): Buffer[] | null {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) return null
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return null
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) return null
    parts.push(bytes.subarray(at + 4, end))
    at = end
  }
  return parts
}

function isWhole(type: string, [first, second, third, ...more]: readonly Buffer[]): boolean {
  if (first === undefined || more.length > 0) return false
  const curve = curves.get(type)
  if (curve !== undefined)
    return (
      first.toString('latin1') === curve.curve && second?.length === curve.pointLength && third === undefined
    )
  switch (type) {
    case 'ssh-ed25519':
      return first.length === 32 && second === undefined
    case 'sk-ssh-ed25519@openssh.com':
      return first.length === 32 && isText(second) && third === undefined
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return first.toString('latin1') === 'nistp256' && second?.length === 65 && isText(third)
    default:
      return first.length > 0 && second !== undefined && third === undefined
  }
}

const isText = (part: Buffer | undefined): boolean => part !== undefined && part.length > 0

/** Of a number as RFC 4251 writes it: big-endian, with a zero before what would read as negative. */
function bitsOf(number: Buffer | undefined): number {
  const hex = number?.toString('hex').replace(/^0+/, '') ?? ''
  return hex === '' ? 0 : BigInt(`0x${hex}`).toString(2).length
}
