import { openReceiver } from '../../src/audit/forward/receiver.ts'
import { readConfig } from '../../src/config.ts'
import { runChecks } from '../../src/doctor/check.ts'
import { checks } from '../../src/doctor/checks.ts'
import { openInstallation } from '../../src/doctor/installation.ts'
import { aKey, written } from '../support/ring.ts'

/** "Environment: Curfew would start with these variables. Each that is missing or wrong is named." */

const complete = {
  SLACK_BOT_TOKEN: 'xoxb-1-2-3',
  SLACK_APP_TOKEN: 'xapp-1-2-3',
  MONGODB_URI: 'mongodb://127.0.0.1:1/curfew?replicaSet=rs0&serverSelectionTimeoutMS=200',
  CATALOG: './nowhere.yml',
  AUDIT_KEYS: written(aKey('k1')),
  AUDIT_FORWARD: 'syslog+tls://siem.acme.example:6514',
}

test('certificates of a receiver that cannot be read, with which nothing starts, are named', async () => {
  const environment = { ...complete, AUDIT_FORWARD_CA: '/nowhere/ca.pem' }
  const { auditForward } = readConfig(environment)
  if (auditForward === null) throw new Error('nothing is forwarded')
  const starting = openReceiver(auditForward, { proxies: null, now: () => new Date() })
  await expect(starting).rejects.toThrow('AUDIT_FORWARD_CA')
  const installation = openInstallation(environment, () => new Date())
  try {
    const some = checks.filter(({ area }) => area === 'Environment' || area === 'Record')
    const found = await runChecks(some, installation)
    const wrong = found.filter(({ verdict }) => verdict === 'wrong')
    expect(JSON.stringify(wrong)).toContain('AUDIT_FORWARD_CA')
  } finally {
    await installation.close()
  }
}, 30_000)
