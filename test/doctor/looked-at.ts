import { doctor } from '../../src/doctor/doctor.ts'
import { reportSchema, type Report } from '../../src/doctor/finding.ts'
import { aGate, gateCatalog } from '../journeys/a-gate.ts'
import { aStage, type Stage } from '../support/curfew.ts'

export interface Looked extends Report {
  readonly exitCode: number
}

type Environment = Readonly<Record<string, string>>

/** Looks at an installation as CI does; whatever is secret in its environment must stand nowhere in the answer. */
export async function looked(environment: Environment, now?: () => Date): Promise<Looked> {
  const { text, exitCode } = await doctor(['--json'], environment, now)
  for (const secret of secretsIn(environment)) expect(text).not.toContain(secret)
  return { ...reportSchema.parse(JSON.parse(text)), exitCode }
}

const secretNames = ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET', 'GATE_SECRET'] as const

export function secretsIn(environment: Environment): string[] {
  const named = secretNames.map((name) => environment[name])
  const passwords = ['ORDERS_MONGODB_URL', 'MONGODB_URI'].map((name) =>
    URL.canParse(environment[name] ?? '') ? new URL(environment[name] ?? '').password : undefined,
  )
  const keys = (environment['CURFEW_KEYS'] ?? '').split(',').map((key) => key.split(':')[1])
  return [...named, ...passwords, ...keys].filter(
    (secret) => secret !== undefined && secret.length > 5,
  ) as string[]
}

/** Whatever is not right, as `area: about`, each once. */
export const notRight = ({ findings }: Report): string[] => [
  ...new Set(
    findings.filter(({ verdict }) => verdict !== 'right').map(({ area, about }) => `${area}: ${about}`),
  ),
]

/** Of a text in what is expected. */
export const holding = (part: string): unknown => expect.stringContaining(part)
export const like = (pattern: RegExp): unknown => expect.stringMatching(pattern)

/** A whole installation in which everything is right, and no app runs: Socket Mode, two systems, no pages. */
export async function anInstallation(
  options: Parameters<typeof aStage>[0] = {},
): Promise<Stage & { readonly gate: Awaited<ReturnType<typeof aGate>> }> {
  const gate = await aGate()
  const stage = await aStage({
    started: false,
    catalog: (cast) => gateCatalog(cast),
    ...options,
    env: { ...gate.env, ...options.env },
  })
  return Object.assign(stage, { gate })
}
