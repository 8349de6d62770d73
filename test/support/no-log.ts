import type { Log } from '../../src/domain/ports/log.ts'

/** For what is not about the log. */
export const noLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}
