import { stat } from 'node:fs/promises'
import { ConnectorError, type Connector, type ConnectorKind, type Lack } from '../../domain/connector.ts'
import { complaintOf, mostAnswerBytes, receiver, receiverTarget, type Tell } from '../receiver/receiver.ts'
import { stableJson } from '../receiver/stable-json.ts'
import { readSecret } from '../secret.ts'
import { turns } from '../turns.ts'
import { commandFailure, hiding } from './failure.ts'
import { aKeeper } from './keeper.ts'
import { runOnce } from './program.ts'
import { commandSettings, type CommandSettings } from './settings.ts'

const plainEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }
/** Of a file: whether its group or everybody may write it. */
const writableByOthers = 0o022
const anyExecutable = 0o111

/**
 * Any system that has a command line. One call is one process: what a webhook's receiver gets as a body, with the key of
 * its give or take, is its standard input; its answer is its standard output, its exit code the status. The contract:
 * docs/connectors/command.md.
 *
 * When its time is up, and when Curfew ends in whatever way, the program and all that it started are killed. What it had
 * begun elsewhere may go on: `late`.
 */
export const command: ConnectorKind<CommandSettings> = {
  kind: 'command',
  settings: commandSettings,
  target: receiverTarget,
  canonical: stableJson,
  connect: ({ run, env, atOnce, lag, late }, surroundings): Connector => {
    const [path = ''] = run
    const keeper = aKeeper()
    const turn = turns(atOnce)
    const closing = new AbortController()

    async function environment(until: AbortSignal): Promise<Record<string, string>> {
      const read = Object.entries(env).map(
        async ([name, from]) => [name, await readSecret(from, surroundings, until)] as const,
      )
      return Object.fromEntries(await Promise.all(read))
    }

    const notBegun = (doing: string, why: string, cause?: unknown) =>
      new ConnectorError(`The command could not ${doing}: ${why}`, { retryable: true, happened: 'no', cause })

    const tell: Tell = async (doing, message, { signal, idempotencyKey }) => {
      if (!surroundings.opens(path)) {
        const why = `${path} is not opened to catalogs: see CATALOG_FILES`
        throw new ConnectorError(`The command could not ${doing}: ${why}`, {
          retryable: false,
          happened: 'no',
        })
      }
      const over = AbortSignal.any([signal, closing.signal])
      const isChange = idempotencyKey !== null
      return turn.take(
        async () => {
          const secrets = await environment(over)
          await keeper.ready().catch((error: unknown) => {
            throw notBegun(doing, '/bin/sh, which ends it when Curfew ends, cannot be started', error)
          })
          if (over.aborted) throw notBegun(doing, 'no time was left')
          const outcome = await runOnce(run, {
            env: { ...plainEnv, ...secrets },
            input: JSON.stringify(isChange ? { ...message, idempotencyKey } : message),
            mostBytes: mostAnswerBytes,
            keeper,
            signal: over,
          })
          if (outcome.how === 'exited' && outcome.status === 0) return outcome.answer
          const clean = hiding(Object.values(secrets))
          const said = outcome.how === 'exited' ? complaintOf(outcome.answer) : {}
          throw commandFailure({ doing, path }, outcome, said, clean)
        },
        {
          signal: over,
          tooLate: notBegun(doing, 'its turn did not come in time'),
          // Ends must not wait behind questions.
          priority: isChange ? 1 : 0,
        },
      )
    }

    /** What of the file itself is wrong. */
    async function faultsOfFile(): Promise<Lack[]> {
      const found = await stat(path).catch(() => null)
      if (!found?.isFile())
        return [
          { what: `there is no program at ${path}`, remedy: `install -m 755 <the program> ${quoted(path)}` },
        ]
      const faults: Lack[] = []
      if ((found.mode & anyExecutable) === 0)
        faults.push({ what: `${path} may not be executed`, remedy: `chmod +x ${quoted(path)}` })
      if ((found.mode & writableByOthers) !== 0)
        faults.push({
          what: `${path} may be changed by others than its owner, who would act as Curfew then`,
          remedy: `chmod go-w ${quoted(path)}`,
        })
      return faults
    }

    const told = receiver('The command', tell)
    return {
      ...told,
      async check(query) {
        const faults = await faultsOfFile()
        return faults.length > 0 ? faults : told.check(query)
      },
      where: `command ${run.map(encodeURI).join(' ')}`,
      hasLagMs: lag,
      lateMs: late,
      async close() {
        closing.abort()
        await turn.idle()
        await keeper.close()
      },
    }
  },
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)
