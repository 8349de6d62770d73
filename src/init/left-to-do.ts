import { spawnSync } from 'node:child_process'
import { basename, relative } from 'node:path'
import type { Answers, First } from './answers.ts'

/** How this very command was started, so that the others are named as they can be started here. */
export function startedAs(
  script: string | undefined,
  folder: string,
  environment: NodeJS.ProcessEnv,
): string {
  if (script !== undefined && /^cli\.(js|ts)$/.test(basename(script)))
    return `node ${relative(folder, script)}`
  return environment['npm_command'] === 'exec' ? 'npx curfew' : 'curfew'
}

/** In a repository of git that would take it in with the next `git add .`. */
const isTakenByGit = (folder: string, name: string): boolean =>
  spawnSync('git', ['check-ignore', '--quiet', name], { cwd: folder, stdio: 'ignore' }).status === 1

const prepared: Record<First['kind'], string> = {
  webhook: 'Give the receiver the secret that is ACCESS_SECRET in .env: docs/connectors/webhook.md',
  postgres: 'Make Curfew’s login and its owner role there: docs/connectors/postgres.md',
  mongodb: 'Give Curfew’s login there its four privileges: docs/connectors/mongodb.md',
}

/** What is left after the files were written, with the very commands. */
export function leftToDo(
  { transport, admins, first }: Answers,
  { curfew, folder }: { curfew: string; folder: string },
): string {
  const http =
    transport.kind === 'http'
      ? [
          `Lead https://your.address/slack/events to port ${transport.port}, and name it in the app’s settings: README.md`,
        ]
      : []
  const git = isTakenByGit(folder, '.env') ? ['Keep the secrets out of git:  echo .env >>.gitignore'] : []
  const alone = admins.people.length === 1 ? ' (not as the only admin: nobody answers their own request)' : ''
  const steps = [
    ...git,
    `Everybody with an address at ${admins.domain} may ask: if not all of them are yours, say in catalog.yml who may`,
    'In Slack, in that channel:  /invite @Curfew',
    ...http,
    prepared[first.kind],
    `Whether the system lets Curfew in:  ${curfew} check --reach`,
    `Whether everything else is as it must be:  ${curfew} doctor`,
    `Start:  ${curfew} start`,
    `In Slack:  /request-access${alone}`,
  ]
  return ['What is left:', ...steps.map((step, at) => `${String(at + 1).padStart(2)}. ${step}`)].join('\n')
}
