import dotenv from 'dotenv'
import type { Answers, First, Transport } from './answers.ts'

/** A variable and its value. */
type Variable = readonly [name: string, value: string]

/** Read alike by dotenv, Docker, Kubernetes, systemd and shells. */
const plain = /^[\w.:/@%+?=,~*-]+$/

/** Ways to write it, those first that most programs read alike. In double quotes escapes count, for dotenv those of line ends. */
function waysToWrite(value: string): string[] {
  const without = (...letters: string[]): boolean => !letters.some((letter) => value.includes(letter))
  const doubled = `"${value.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`
  return [
    ...(plain.test(value) ? [value] : []),
    ...(without("'") ? [`'${value}'`] : []),
    ...(without('"', '\\', '$') ? [doubled] : []),
    ...(without('`') ? [`\`${value}\``] : []),
    ...(without('"', '\\') ? [doubled] : []),
  ]
}

/** As a line of a `.env` that is read back as the same; null: no `.env` can hold it. */
export function dotenvLine([name, value]: Variable): string | null {
  const isSame = (line: string): boolean => {
    const read = dotenv.parse(`BEFORE=1\n${line}\nAFTER=1\n`)
    return Object.keys(read).length === 3 && read[name] === value && read['AFTER'] === '1'
  }
  return (
    waysToWrite(value)
      .map((written) => `${name}=${written}`)
      .find(isSame) ?? null
  )
}

const ofSlack = (transport: Transport): Variable[] =>
  transport.kind === 'socket'
    ? [['SLACK_APP_TOKEN', transport.appToken]]
    : [
        ['SLACK_SIGNING_SECRET', transport.signingSecret],
        ['PORT', transport.port],
      ]

const reachedAt = (slackApiUrl: string | null): Variable[] =>
  slackApiUrl === null ? [] : [['SLACK_API_URL', slackApiUrl]]

function ofFirst(first: First): Variable[] {
  const url: Variable = ['ACCESS_URL', first.url]
  if (first.kind === 'webhook') return [url, ['ACCESS_SECRET', first.secret]]
  if (first.kind === 'postgres' && first.password !== null) return [url, ['ACCESS_PASSWORD', first.password]]
  return [url]
}

/** What Curfew reads, and what the catalog does, each with a word above it. */
const sections = ({ slackApiUrl, botToken, transport, mongodbUri, first }: Answers, catalog: string) =>
  [
    ['Slack', [['SLACK_BOT_TOKEN', botToken], ...ofSlack(transport), ...reachedAt(slackApiUrl)]],
    ['A replica set; writes wait for the majority.', [['MONGODB_URI', mongodbUri]]],
    ['What may be asked for', [['CATALOG', `./${catalog}`]]],
    [
      'Which variables the catalog reaches: names, and how they begin',
      [['CATALOG_VARIABLES', 'ACCESS_*'], ...ofFirst(first)],
    ],
  ] as const satisfies readonly (readonly [string, readonly Variable[]])[]

/** The whole file; or the variables that no `.env` can hold. */
export function envText(
  answers: Answers,
  catalog: string,
): { text: string } | { unwritable: readonly string[] } {
  const unwritable: string[] = []
  const paragraphs = sections(answers, catalog).map(([words, variables]) => {
    const lines = variables.map((variable) => {
      const line = dotenvLine(variable)
      if (line === null) unwritable.push(variable[0])
      return line ?? ''
    })
    return [`# ${words}`, ...lines].join('\n')
  })
  if (unwritable.length > 0) return { unwritable }
  const head = '# Secret: keep it out of git. Every variable: .env.example and docs/operating.md.'
  return { text: `${[head, ...paragraphs].join('\n\n')}\n` }
}
