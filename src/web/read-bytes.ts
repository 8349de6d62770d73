import type { IncomingMessage } from 'node:http'

/** All of a body as it was sent; null where it is larger: the rest of it is not read, and its sender can be answered. */
export async function readBytes(incoming: IncomingMessage, most: number): Promise<Buffer | null> {
  if (Number(incoming.headers['content-length'] ?? 0) > most) return null
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Buffer)) continue
    bytes += chunk.length
    if (bytes > most) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
