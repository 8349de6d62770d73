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

/**
 * The secret of now: a file is read anew each time, so that one which is rotated needs no restart. What was read is kept
 * out of the log. Rejects with a `ConnectorError` that names the file and never its content.
 */
export async function readSecret(
  from: Secret,
  { hide, opens }: Pick<Surroundings, 'hide' | 'opens'>,
): Promise<string> {
  if (typeof from === 'string') return from
  const failed = (why: string, cause?: unknown) =>
    new ConnectorError(`The secret in ${from.file} ${why}`, { retryable: true, happened: 'no', cause })
  if (!opens(from.file))
    throw new ConnectorError(`The secret in ${from.file} is not opened to catalogs: see CATALOG_FILES`, {
      retryable: false,
      happened: 'no',
    })
  const text = await readFile(from.file, 'utf8').catch((error: unknown) => {
    throw failed('cannot be read', error)
  })
  // Editors and `echo` end a file with a line break.
  const read = text.replace(/\r?\n$/, '')
  if (read === '') throw failed('is empty')
  if (Buffer.byteLength(read) > mostBytes) throw failed('is too long to be one')
  hide(read)
  return read
}
