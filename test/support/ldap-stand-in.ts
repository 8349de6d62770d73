import { BerReader, BerWriter } from 'ldapts'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'

/** What was asked, as far as answers hang on it. */
export interface Asked {
  readonly what: 'bind' | 'search' | 'modify' | 'compare'
  readonly dn: string
  readonly attributes: readonly string[]
}

export interface Answer {
  /** A result code of RFC 4511. */
  readonly code: number
  /** The connection ends after it. */
  readonly isLast?: boolean
  readonly entries?: readonly { dn: string; attributes: Record<string, readonly string[]> }[]
}

const kinds = new Map<number, Asked['what']>([
  [0x60, 'bind'],
  [0x63, 'search'],
  [0x66, 'modify'],
  [0x6e, 'compare'],
])

/**
 * A server that gives scripted answers, for what no server here does: result codes that need trouble, and the ranges of
 * Active Directory. It knows no filters, no rights and no TLS.
 */
export async function answeringLdap(
  answer: (asked: Asked) => Answer | 'nothing',
): Promise<{ port: number; connections(): Promise<number>; close(): Promise<void> }> {
  const listener = createServer((socket) => {
    let waiting = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      for (;;) {
        const reader = new BerReader(waiting)
        if (reader.readSequence() === null || reader.remain < reader.length) return
        const end = reader.offset + reader.length
        const message = waiting.subarray(0, end)
        waiting = waiting.subarray(end)
        const reply = replyTo(message, answer)
        if (reply === null) socket.end()
        else if (reply !== 'nothing')
          socket.write(reply.bytes, () => {
            if (reply.isLast) socket.destroy()
          })
      }
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => promisify(listener.getConnections.bind(listener))(),
    close: async () => {
      listener.close()
      await once(listener, 'close')
    },
  }
}

function replyTo(
  message: Buffer,
  answer: (asked: Asked) => Answer | 'nothing',
): { bytes: Buffer; isLast: boolean } | 'nothing' | null {
  const reader = new BerReader(message)
  reader.readSequence()
  const id = reader.readInt() ?? 0
  const tag = reader.peek() ?? 0
  const what = kinds.get(tag)
  if (what === undefined) return null
  reader.readSequence(tag)
  if (what === 'bind') reader.readInt()
  const dn = reader.readString() ?? ''
  const attributes = what === 'search' ? attributesOf(reader) : []
  const answered = answer({ what, dn, attributes })
  if (answered === 'nothing') return answered
  const { code, entries = [], isLast = false } = answered
  const parts = entries.map((entry) =>
    written(id, 0x64, (writer) => {
      writer.writeString(entry.dn)
      writer.startSequence()
      for (const [name, values] of Object.entries(entry.attributes)) {
        writer.startSequence()
        writer.writeString(name)
        writer.startSequence(0x31)
        for (const value of values) writer.writeString(value)
        writer.endSequence()
        writer.endSequence()
      }
      writer.endSequence()
    }),
  )
  const done = written(id, tag === 0x63 ? 0x65 : tag + 1, (writer) => {
    writer.writeEnumeration(code)
    writer.writeString('')
    writer.writeString('as scripted')
  })
  return { bytes: Buffer.concat([...parts, done]), isLast }
}

/** They come last, after the scope, limits and the filter. */
function attributesOf(reader: BerReader): string[] {
  reader.readEnumeration()
  reader.readEnumeration()
  reader.readInt()
  reader.readInt()
  reader.readBoolean()
  reader.readSequence()
  reader.offset += reader.length
  reader.readSequence()
  const end = reader.offset + reader.length
  const attributes: string[] = []
  while (reader.offset < end) attributes.push(reader.readString() ?? '')
  return attributes
}

function written(id: number, tag: number, content: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(tag)
  content(writer)
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}
