import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConnectorError, type Surroundings } from '../domain/connector.ts'

const mostBytes = 64_000

/** A secret as the catalog has it: the text itself (mostly a `${VARIABLE}`), or a mounted file that holds it. */
export const secret = z.union(
  [z.string().min(1), z.strictObject({ file: z.string().startsWith('/', 'must be an absolute path') })],
  { error: 'must be a text (such as ${VARIABLE}) or { file: /path/of/a/mounted/secret }' },
)

export type Secret = z.infer<typeof secret>

/** A file that does not answer, such as one of a dead mount, keeps one of Node's few threads waiting, not one a call. */
const reading = new Map<string, Promise<string>>()

function textOf(file: string): Promise<string> {
  const running = reading.get(file) ?? readFile(file, 'utf8').finally(() => reading.delete(file))
  reading.set(file, running)
  return running
}

/**
 * The secret of now: a file is read anew each time, so that one which is rotated needs no restart. What was read is kept
 * out of the log. Rejects with a `ConnectorError` that names the file and never its content; as soon as the signal aborts,
 * where there is one.
 */
export async function readSecret(
  from: Secret,
  { hide, opens }: Pick<Surroundings, 'hide' | 'opens'>,
  signal?: AbortSignal,
): Promise<string> {
  if (typeof from === 'string') return from
  const failed = (why: string, cause?: unknown) =>
    new ConnectorError(`The secret in ${from.file} ${why}`, { retryable: true, happened: 'no', cause })
  if (!opens(from.file))
    throw new ConnectorError(`The secret in ${from.file} is not opened to catalogs: see CATALOG_FILES`, {
      retryable: false,
      happened: 'no',
    })
  const text = await untilAborted(textOf(from.file), signal).catch((error: unknown) => {
    throw signal?.aborted ? failed('cannot be read in time') : failed('cannot be read', error)
  })
  // Editors and `echo` end a file with a line break.
  const read = text.replace(/\r?\n$/, '')
  if (read === '') throw failed('is empty')
  if (Buffer.byteLength(read) > mostBytes) throw failed('is too long to be one')
  hide(read)
  return read
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('aborted'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
