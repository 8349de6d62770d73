import { parseArgs } from 'node:util'
import { ConfigError, faultOf } from '../config.ts'
import { hide } from '../log.ts'
import type { Answers } from './answers.ts'
import { askNobody, askOn } from './asking.ts'
import { channelCalled } from './channel-called.ts'
import { catalogName, envName, filesFor, inTheWay, names } from './files.ts'
import { leftToDo, startedAs } from './left-to-do.ts'
import type { Given, Read } from './part.ts'
import { askAll } from './questions.ts'
import { Interrupted, openTerminal } from './terminal.ts'
import { isThere, leftBeside, writeNew } from './write-new.ts'

export const initUsage = `curfew init               ask five questions, and write .env and catalog.yml here; replaces nothing
  --yes                   ask nothing: by SLACK_BOT_TOKEN, SLACK_APP_TOKEN (or SLACK_SIGNING_SECRET, and PORT), MONGODB_URI,
                          ACCESS_URL, ACCESS_PASSWORD, and by
  --channel --admins --first --name --role    where requests are shown, who answers them, and what can be asked for`

const secrets = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'MONGODB_URI',
  'ACCESS_URL',
  'ACCESS_PASSWORD',
] as const

/** Where somebody may be asked, and told. */
export interface Streams {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly errors: NodeJS.WritableStream
}

/**
 * `curfew init`, in this folder. Resolves with the exit code: 0 once all is written, 1 where something is there already, 2
 * where an answer is missing and nobody can be asked, 130 where they left. But for 0 nothing was written.
 */
export async function init(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  { input, output, errors }: Streams,
): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      yes: { type: 'boolean', default: false },
      channel: { type: 'string' },
      admins: { type: 'string' },
      first: { type: 'string' },
      name: { type: 'string' },
      role: { type: 'string' },
    },
  })
  const { yes, ...flags } = values
  const folder = process.cwd()
  const complain = (text: string): void => void errors.write(`${text}\n`)
  const taken = names.filter((name) => isThere(folder, name))
  const left = leftBeside(folder, names)
  if (taken.length + left.length > 0) {
    complain(inTheWay(taken, left))
    return 1
  }

  const given: Given = new Map([
    ...secrets.map((name) => [name, environment[name] ?? ''] as const),
    ...Object.entries(flags).map(([name, value]) => [`--${name}`, value] as const),
  ])
  for (const name of secrets) hide(given.get(name) ?? '')
  const of = (name: 'PORT' | 'SLACK_API_URL'): string | null => {
    const said = environment[name]?.trim() ?? ''
    const fault = said === '' ? null : faultOf(name, said)
    if (fault !== null) throw new ConfigError(`${name} ${fault}`)
    return said === '' ? null : said
  }
  const noted = { port: of('PORT') ?? '3000', slackApiUrl: of('SLACK_API_URL') }
  const called = async (name: string, botToken: string | null): Promise<Read<string>> =>
    botToken === null
      ? { why: 'without a bot token nobody can be asked which channel that is' }
      : channelCalled(name, { botToken, environment })
  const answers =
    yes || !input.isTTY || !output.isTTY
      ? await unasked(given, { ...noted, called }, complain)
      : await asked(given, { ...noted, called }, { input, output })
  if (typeof answers === 'number') return answers

  const files = filesFor(answers)
  const inItsPlace = writeNew(folder, files)
  if (inItsPlace !== null) {
    complain(inTheWay([inItsPlace], []))
    return 1
  }
  const curfew = startedAs(process.argv[1], folder, environment)
  output.write(
    `\nWritten: ${envName} (only you can read it) and ${catalogName}.\n\n${leftToDo(answers, { curfew, folder })}\n`,
  )
  return 0
}

type About = Omit<Parameters<typeof askAll>[1], 'say'>

async function unasked(given: Given, about: About, complain: (text: string) => void): Promise<Answers | 2> {
  const { ask, lacks } = askNobody(given)
  const answers = await askAll(ask, { ...about, say: () => undefined })
  if (answers !== null) return answers
  complain(
    [
      'Nothing was written. Nobody is asked without a terminal, or with --yes, and these answers are missing or cannot be:',
      ...lacks.map((lack) => `  ${lack}`),
    ].join('\n'),
  )
  return 2
}

async function asked(
  given: Given,
  about: About,
  { input, output }: Pick<Streams, 'input' | 'output'>,
): Promise<Answers | 130> {
  const terminal = openTerminal(input, output)
  try {
    terminal.say(
      'Five questions. Nothing is written before the last; Ctrl-C ends it. Secrets do not show as you type.',
    )
    const answers = await askAll(askOn(terminal, given), { ...about, say: (line) => terminal.say(line) })
    if (answers === null) throw new Error('an answer is missing that was asked for')
    return answers
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    terminal.say('\nEnded. Nothing was written.')
    return 130
  } finally {
    terminal.close()
  }
}
