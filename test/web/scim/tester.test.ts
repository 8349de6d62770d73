import { hasScim2Tester, scim2TesterOn, type Check } from '../../support/scim2-tester.ts'
import { startScim } from '../../support/scim-server.ts'
import { afterThis } from '../../workspace/support/a-workspace.ts'

/** What scim2-tester says of us that is no fault of ours, each with the reason. */
const explained: readonly { title: RegExp; reason: RegExp; why: string }[] = [
  {
    title: /^search_with_attributes$/,
    reason: /^POST \/\.search: searching several resource types at once is not supported/,
    why: 'it is skipped where a server answers 501, as we do and say',
  },
  {
    title: /^check_(add|replace)_attribute$/,
    reason: /^Attribute 'members' was not (added|replaced)[^]*type='User'\)\]$/,
    why: 'it sends a made-up type of member; ours are Users, and are shown as such',
  },
  {
    title: /^check_remove_attribute$/,
    reason: /^Failed to remove attribute 'active': active is not removed/,
    why: 'somebody is active or not: we do not guess which of the two its removal would mean',
  },
]

const isFine = ({ status }: Check): boolean => ['SUCCESS', 'COMPLIANT', 'ACCEPTABLE'].includes(status)
const isExplained = (check: Check): boolean =>
  explained.some(({ title, reason }) => title.test(check.title) && reason.test(check.reason ?? ''))

const withTester = hasScim2Tester() ? test : test.skip

withTester(
  'a client that others wrote finds nothing wrong with the server, in all that it tries',
  async () => {
    const scim = await startScim()
    afterThis(() => scim.close())
    const checks = await scim2TesterOn(scim)

    expect(checks.filter((check) => !isFine(check) && !isExplained(check))).toEqual([])
    // It stops early, and says nothing, where it does not understand what a server says of itself.
    expect(checks.length).toBeGreaterThanOrEqual(130)
  },
  120_000,
)
