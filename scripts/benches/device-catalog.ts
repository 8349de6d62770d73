import { parseCatalog } from '../../src/catalog/parse.ts'
import { writeProblem } from '../../src/catalog/problem.ts'
import { connectorKinds } from '../../src/connectors/registry.ts'
import { markOfRule } from '../../src/domain/devices/posture.ts'
import { benchSystem } from './catalog.ts'
import type { What } from './active-grants.ts'

export const deviceSource = 'mdm'
export const silentAfterMs = 10_000

/** What is had on a device that is fit, and what is had on one that was heard of a moment ago. */
export const onFit: What = what('gate', 'managed')
export const alsoOnFit: What = what('roof', 'managed')
export const onAwake: What = what('door', 'awake')

function what(resource: string, entitlement: string): What {
  return { resource, entitlement, target: { group: resource } }
}

export const deviceCatalog = (channel: { id: string }): string => `version: 1
defaults:
  channel: ${channel.id}
  admins: [ada@acme.example]
  approvers: { people: [ada@acme.example] }
devices:
  admins: [ada@acme.example]
  sources:
    ${deviceSource}: { kind: webhook, secret: "\${BENCH_DEVICES_SECRET}", owner: proven }
  fit:
    managed:
      when: 'device.diskEncrypted && device.firewall && device.osVersion >= version("14.5") && device.policies["Compliant"] == "pass"'
      maxAge: 24h
      resume: true
    awake:
      when: 'device.diskEncrypted'
      maxAge: ${silentAfterMs / 1_000}s
      which: any
systems:
  ${benchSystem}:
    connector: webhook
    url: \${BENCH_WEBHOOK_URL}
    secret: \${BENCH_WEBHOOK_SECRET}
    principal: email.split("@")[0]
resources:
${[onFit, alsoOnFit, onAwake].map(entitled).join('')}`

const entitled = ({ resource, entitlement, target }: What): string => `  ${resource}:
    name: ${resource}
    system: ${benchSystem}
    entitlements:
      ${entitlement}:
        name: ${entitlement}
        target: { group: ${target.group} }
        who: '!guest'
        device: ${entitlement}
`

/** The mark under which the app notes that something was judged by this rule: by another it would judge it anew. */
export function markIn(text: string, rule: string): string {
  const reading = parseCatalog([{ file: 'bench.yml', text }], {
    env: {},
    kinds: connectorKinds,
    missingVariables: 'warning',
  })
  if (!reading.ok) throw new Error(reading.problems.map(writeProblem).join('\n'))
  const found = reading.catalog.devices.fit.get(rule)
  if (found === undefined) throw new Error(`there is no rule ${rule}`)
  return markOfRule(found)
}
