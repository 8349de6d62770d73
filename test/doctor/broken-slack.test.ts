import { readFile, writeFile } from 'node:fs/promises'
import { anInstallation, looked, notRight } from './looked-at.ts'

type Installation = Awaited<ReturnType<typeof anInstallation>>

interface Broken {
  /** Breaks one thing; what it answers is set otherwise in the environment. */
  readonly by: (installation: Installation) => Promise<Record<string, string>> | Record<string, string>
  /** All that is not right then. */
  readonly found: readonly RegExp[]
  readonly verdict: 'wrong' | 'unknown'
  readonly says: RegExp
  readonly remedy: RegExp | null
}

const edited = async ({ catalogPath }: Installation, from: string | RegExp, to: string) => {
  await writeFile(catalogPath, (await readFile(catalogPath, 'utf8')).replace(from, to))
  return {}
}
const unasked = [/^Slack: bot token$/, /^Channels: channels$/, /^People: /, /^Groups: /]

const broken: Readonly<Record<string, Broken>> = {
  'a bot token that Slack does not accept': {
    by: () => ({ SLACK_BOT_TOKEN: 'xoxb-1-of-somebody-else' }),
    found: unasked,
    verdict: 'wrong',
    says: /does not accept SLACK_BOT_TOKEN: invalid_auth/,
    remedy: /OAuth & Permissions/,
  },
  'an app token that Slack does not accept': {
    by: () => ({ SLACK_APP_TOKEN: 'xapp-1-of-somebody-else' }),
    found: [/^Slack: Socket Mode$/],
    verdict: 'wrong',
    says: /does not accept SLACK_APP_TOKEN: invalid_auth/,
    remedy: /app-level token with connections:write/,
  },
  'a scope that was not granted': {
    by: ({ workspace }) => {
      workspace.scopes.delete('im:write')
      return {}
    },
    found: [/^Slack: scope im:write$/],
    verdict: 'wrong',
    says: /is missing: people who never wrote to the app get no DMs/,
    remedy: /install the app to the workspace again/,
  },
  'Slack out of reach': {
    by: () => ({ SLACK_API_URL: 'http://127.0.0.1:1/api/' }),
    found: [...unasked, /^Slack: Socket Mode$/],
    verdict: 'unknown',
    says: /Slack does not answer/,
    remedy: null,
  },
  'a channel that the app is not in': {
    by: ({ workspace, orders }) => {
      workspace.removeAppFrom(orders)
      return {}
    },
    found: [/^Channels: #orders /],
    verdict: 'wrong',
    says: /the app is not in it; orders-db read is posted there/,
    remedy: /\/invite @curfew/,
  },
  'a channel that was archived': {
    by: ({ workspace, access }) => {
      workspace.archive(access)
      return {}
    },
    found: [/^Channels: #access /],
    verdict: 'wrong',
    says: /is archived/,
    remedy: /Unarchive it/,
  },
  'a channel that is not there': {
    by: (installation) => edited(installation, installation.access.id, 'C0NOWHERE'),
    found: [/^Channels: C0NOWHERE$/],
    verdict: 'wrong',
    says: /is not there, or is private/,
    remedy: /\/invite @curfew/,
  },
  'an approver who left': {
    by: ({ workspace, ada }) => {
      workspace.deactivate(ada)
      return {}
    },
    found: [/^People: ada@acme\.example$/],
    verdict: 'wrong',
    says: /nobody in Slack is called so; named at orders-db read/,
    remedy: /Name somebody else/,
  },
  'an admin by Slack id who left': {
    by: async (installation) => {
      installation.workspace.deactivate(installation.sam)
      return edited(installation, 'admins: [ada@acme.example]', `admins: [${installation.sam.id}]`)
    },
    found: [/^People: U/],
    verdict: 'wrong',
    says: /was deactivated in Slack/,
    remedy: /Name somebody else/,
  },
  'an owner whose e-mail was never confirmed': {
    by: ({ kim }) => {
      kim.account.isEmailConfirmed = false
      return {}
    },
    found: [/^People: kim@acme\.example$/],
    verdict: 'wrong',
    says: /was not confirmed/,
    remedy: /confirm it/,
  },
  'a group that was disabled': {
    by: ({ dba }) => {
      dba.isDisabled = true
      return {}
    },
    found: [/^Groups: @dba$/],
    verdict: 'wrong',
    says: /Slack has no such group; named at orders-db read/,
    remedy: /User groups/,
  },
  'groups that Slack does not tell of': {
    by: ({ workspace }) => {
      workspace.faults.next('usergroups.list', { status: 503 }, Infinity)
      return {}
    },
    found: [/^Groups: groups of Slack$/],
    verdict: 'unknown',
    says: /503/,
    remedy: null,
  },
}

test.each(Object.entries(broken))(
  '%s is named with what to do, and hides nothing else',
  async (_name, { by, found, verdict, says, remedy }) => {
    const installation = await anInstallation()
    const otherwise = await by(installation)

    const report = await looked({ ...installation.environment, ...otherwise })

    expect(report.exitCode).toBe(1)
    const all = notRight(report)
    expect(all.filter((one) => !found.some((pattern) => pattern.test(one)))).toEqual([])
    for (const pattern of found) expect(all).toContainEqual(expect.stringMatching(pattern))
    const first = report.findings.find((finding) => finding.verdict === verdict && says.test(finding.says))
    expect(first ?? report.findings.filter((finding) => finding.verdict !== 'right')).toMatchObject({
      verdict,
    })
    if (remedy !== null) expect(first?.remedy).toMatch(remedy)
  },
  60_000,
)
