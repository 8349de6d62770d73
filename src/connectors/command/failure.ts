import { ConnectorError } from '../../domain/connector.ts'
import type { Outcome } from './program.ts'

/** Shorter lines are no secrets, and would be found in any text. */
const leastSecretLength = 4

/** Exit codes that are an answer, as sysexits.h names them; whatever else is not 0 may be mended by another try. */
const forGood = new Map([
  [64, 'it was used wrongly'],
  [65, 'it cannot read what it was told'],
  [66, 'it does not find what it needs'],
  [67, 'it does not know the person'],
  [68, 'it does not know the system'],
  [77, "it did not accept Curfew's credentials"],
  [78, 'it is not set up rightly'],
])
const comeAgain = 75

/** What starting it may fail with for want of room. */
const noRoom = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY'])
const unstarted = new Map([
  ['ENOENT', 'the program, or what its first line names, does not exist'],
  ['EACCES', 'it may not be executed'],
  ['E2BIG', 'its environment is too long'],
])

/** Takes secrets out of a text, whole and line by line. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .filter((part) => part.length >= leastSecretLength)
    .sort((one, other) => other.length - one.length)
  return (text) => hidden.reduce((cleaned, part) => cleaned.replaceAll(part, '…'), text)
}

/** What became of a call that was not done. Holds no secret. */
export function commandFailure(
  { doing, path }: { doing: string; path: string },
  outcome: Outcome,
  said: { error?: string | undefined; retryable?: boolean | undefined; happened?: boolean | undefined },
  clean: (text: string) => string,
): ConnectorError {
  const failed = (why: string, kind: { retryable: boolean; happened: 'no' | 'unknown' }, words = '') =>
    new ConnectorError(`The command could not ${doing}: ${why}${words && `: ${words}`}`, kind)
  switch (outcome.how) {
    case 'not started': {
      const why = unstarted.get(outcome.code) ?? 'it cannot be started'
      return failed(`${why} (${outcome.code} ${path})`, {
        retryable: noRoom.has(outcome.code),
        happened: 'no',
      })
    }
    case 'given up':
      return failed('no answer in time', { retryable: true, happened: 'unknown' })
    case 'said too much':
      return failed('its answer is too long', { retryable: true, happened: 'unknown' })
    case 'killed':
      return failed(
        `it was killed by ${outcome.by}`,
        { retryable: true, happened: 'unknown' },
        lastLine(clean(outcome.complaint)),
      )
    case 'exited': {
      const meaning =
        forGood.get(outcome.status) ?? (outcome.status === comeAgain ? 'it says to come again' : 'it failed')
      const retryable = said.retryable ?? !forGood.has(outcome.status)
      const words = said.error === undefined ? clean(outcome.complaint) : clean(said.error)
      return failed(
        `${meaning} (exit ${outcome.status})`,
        { retryable, happened: (said.happened ?? retryable) ? 'unknown' : 'no' },
        lastLine(words),
      )
    }
  }
}

/** Whole: it is shortened once the secrets of other systems are taken out as well. */
function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(/\p{Cc}+/gu, ' ').trim())
  return lines.findLast((line) => line !== '') ?? ''
}
