#!/usr/bin/env node
import dotenv from 'dotenv'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAuditSettings, readConfig, readPlaces } from './config.ts'
import { isClosedPipe, pipeClosed } from './closed-pipe.ts'
import { strangerBehind } from './connectors/whose.ts'
import type { Log } from './domain/ports/log.ts'
import { createLog, redacted } from './log.ts'
import type { Said } from './who/open.ts'

/*
 * Each command loads what it needs and no more: an export of the record needs no Slack, and starts in half the memory.
 */

async function usage(): Promise<string> {
  const [
    { initUsage },
    { doctorUsage },
    { reconcileUsage },
    { simulateUsage },
    { peopleUsage },
    { whoCanUsage },
    { unusedUsage },
    { devicesUsage },
    { scimUsage },
    { keysUsage },
    { auditUsage },
    { whoHeldUsage },
    { historyUsage },
    { reportUsage },
    { enrolUsage },
  ] = await Promise.all([
    import('./init/init.ts'),
    import('./doctor/doctor.ts'),
    import('./reconcile.ts'),
    import('./simulate.ts'),
    import('./who/people.ts'),
    import('./who/who-can.ts'),
    import('./who/unused.ts'),
    import('./who/devices.ts'),
    import('./scim-tokens.ts'),
    import('./keys.ts'),
    import('./audit/usage.ts'),
    import('./audit/who-held.ts'),
    import('./audit/history.ts'),
    import('./audit/report.ts'),
    import('./enrol.ts'),
  ])
  return `${initUsage}
curfew start              run the app; reads the environment and .env
  --after-restore         the database was restored from a backup: give nothing before all is explained
curfew check [path]       check a catalog (a file or a folder; default: CATALOG)
  --strict-env            a \${VARIABLE} that is not set is an error
  --reach                 ask each system too whether Curfew may do there what the catalog says
${doctorUsage}
${reconcileUsage}
${simulateUsage}
${peopleUsage}
${whoCanUsage}
${unusedUsage}
${devicesUsage}
${scimUsage}
${keysUsage}
${auditUsage}
${whoHeldUsage}
${historyUsage}
${reportUsage}
${enrolUsage}`
}

async function main(words: readonly string[]): Promise<void> {
  dotenv.config({ quiet: true })
  const [verb, ...rest] = words
  switch (verb) {
    case 'start':
      return startApp({ isAfterRestore: rest.includes('--after-restore') })
    case 'init': {
      const { init } = await import('./init/init.ts')
      process.exitCode = await init(rest, process.env, {
        input: process.stdin,
        output: process.stdout,
        errors: process.stderr,
      })
      return
    }
    case 'check':
      return check(rest)
    case 'doctor':
      return look(rest)
    case 'reconcile': {
      const { reconcileSystems } = await import('./reconcile.ts')
      const { text, differs } = await reconcileSystems(rest, process.env)
      console.log(text)
      process.exitCode = differs ? 1 : 0
      return
    }
    case 'simulate':
      console.log(await (await import('./simulate.ts')).simulateCatalog(rest, process.env))
      return
    case 'people':
      say(await (await import('./who/people.ts')).people(rest, process.env))
      return
    case 'who-can':
      say(await (await import('./who/who-can.ts')).whoCanHave(rest, process.env))
      return
    case 'devices':
      say(await (await import('./who/devices.ts')).devices(rest, process.env))
      return
    case 'unused':
      say(await (await import('./who/unused.ts')).unused(rest, process.env))
      return
    case 'scim':
      console.log(await (await import('./scim-tokens.ts')).scimTokens(rest, process.env))
      return
    case 'enrol':
      console.log(await (await import('./enrol.ts')).enrol(rest, process.env))
      return
    case 'who-held':
      say(await (await import('./audit/who-held.ts')).whoHeld(rest, process.env))
      return
    case 'history':
      say(await (await import('./audit/history.ts')).history(rest, process.env))
      return
    case 'report':
      say(await (await import('./audit/report.ts')).report(rest, process.env))
      return
    case 'audit':
      // Before what it needs is loaded, which would make room that stays.
      if (rest[0] === 'export') (await import('./small-heap.ts')).keepHeapSmall()
      say(await (await import('./audit/audit.ts')).audit(rest, process.env))
      return
    case 'keys':
      say(await (await import('./keys.ts')).keys(rest, process.env))
      return
    default:
      console.error(await usage())
      process.exitCode = verb === 'help' || verb === '--help' ? 0 : 2
  }
}

function say({ text, exitCode, errors = '' }: Said): void {
  if (errors !== '') console.error(errors)
  if (text !== '') console.log(text)
  if (process.exitCode !== pipeClosed) process.exitCode = exitCode
}

async function look(rest: readonly string[]): Promise<void> {
  const { doctor } = await import('./doctor/doctor.ts')
  const { text, exitCode } = await doctor(rest, process.env)
  if (exitCode === 2) console.error(text)
  else console.log(text)
  process.exitCode = exitCode
  // What was given up may hang for long; nobody waits for it.
  setTimeout(() => process.exit(), 1_000).unref()
}

async function startApp({ isAfterRestore }: { isAfterRestore: boolean }): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.logLevel)
  const { start } = await import('./main.ts')
  const running = start(config, { log, environment: process.env, isAfterRestore })
  const stopOnce = once(async () => {
    // Longer than the longest call and its preparation; whatever hangs then is left to the leases.
    setTimeout(() => process.exit(1), 20_000).unref()
    // Not up yet: it waits for MongoDB or Slack; what a lease covers needs no finishing.
    const app = await Promise.race([running, sleep(500, null)])
    await app?.stop()
    process.exit(0)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopOnce)
  process.on('uncaughtException', (error) => {
    if (sayWhoseItIs(log, error)) return
    log.error('uncaught exception', { error })
    process.exit(1)
  })
  process.on('unhandledRejection', (error) => {
    if (!sayWhoseItIs(log, error)) log.error('unhandled rejection', { error })
  })
  await running
}

/** What a stranger's connector throws where nobody waits for it ends nothing of ours. False: it is none of a stranger's. */
function sayWhoseItIs(log: Log, error: unknown): boolean {
  const connector = strangerBehind(error)
  if (connector === null) return false
  const what = 'a connector threw where nobody waits for it'
  try {
    log.error(what, { connector, error })
  } catch {
    log.error(what, { connector, error: 'it cannot be read' })
  }
  return true
}

/** A second signal changes nothing. */
function once(work: () => Promise<void>): () => void {
  let isUnderWay = false
  return () => {
    if (!isUnderWay) void work()
    isUnderWay = true
  }
}

async function check(rest: readonly string[]): Promise<void> {
  const path = rest.find((word) => !word.startsWith('--')) ?? readPlaces(process.env).catalogPath
  if (path === undefined) {
    console.error('Which catalog? Name a file or a folder, or set CATALOG.')
    process.exitCode = 2
    return
  }
  const { auditForward } = readAuditSettings(process.env)
  if (auditForward !== null) {
    const { readAuthorities } = await import('./audit/forward/receiver.ts')
    await readAuthorities(auditForward)
  }
  const { kindsFor } = await import('./kinds.ts')
  const { checkCatalog } = await import('./catalog/check.ts')
  const { sayWhatIsReached } = await import('./reach.ts')
  const { kinds } = await kindsFor(process.env, path)
  const strictEnv = rest.includes('--strict-env')
  const { ok, problems, warnings, summary } = await checkCatalog(path, process.env, kinds, { strictEnv })
  for (const line of [...problems, ...warnings.map((warning) => `warning: ${warning}`)]) console.error(line)
  if (ok) console.log(summary)
  const isReached =
    ok && rest.includes('--reach')
      ? await sayWhatIsReached(path, process.env, (line) => console.log(line))
      : true
  process.exitCode = ok && isReached ? 0 : 1
}

/** Of `parseArgs`: an option that there is not. */
const isWrongOption = (error: unknown): error is Error =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

/** What whoever runs it has to put right: its words are enough. By their names, so that none of them is loaded for that. */
const plain = new Set(['ConfigError', 'CatalogError', 'SlackRefused', 'SlackSilent', 'Unusable'])

/** Whoever reads only the beginning ends it without a word; but the app does not go on unheard. */
if (process.argv[2] !== 'start')
  process.stdout.on('error', (error) => {
    if (!isClosedPipe(error)) throw error
    process.exitCode = pipeClosed
  })

main(process.argv.slice(2)).catch((error: unknown) => {
  if (isClosedPipe(error) && process.argv[2] !== 'start') {
    process.exitCode = pipeClosed
    return
  }
  const isPlain = error instanceof Error && (plain.has(error.name) || isWrongOption(error))
  console.error(redacted(isPlain ? error.message : error))
  process.exit(1)
})
