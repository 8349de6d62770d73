import { fleetHost } from '../../src/devices/fleet/host.ts'
import { reportOf } from '../../src/devices/fleet/report.ts'
import { at } from '../support/builders.ts'
import { aDevice, heard } from '../support/known-devices.ts'
import { aHost, aPolicy } from '../standin/fleet/hosts.ts'

test('of a host with more than 200 policies the worst are kept: one that fails is known to fail, whichever it is', () => {
  const reported = (failing: string | null, seconds: number) => {
    const policies = Array.from({ length: 250 }, (_, n) =>
      aPolicy(`policy ${n}`, failing === `policy ${n}` ? 'fail' : 'pass'),
    )
    const iso = at(seconds).toISOString()
    const host = aHost(1, { policies, detail_updated_at: iso, policy_updated_at: iso, seen_time: iso })
    const report = reportOf(fleetHost.parse(host), { saysAll: false })
    if (report === null) throw new Error('nothing is known of it')
    return report
  }
  const before = heard(aDevice(), reported(null, 10), at(10))
  const after = heard(before, reported('policy 240', 20), at(20))
  expect(after.policies['policy 240']?.result).toBe('fail')
})
