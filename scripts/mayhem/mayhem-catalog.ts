import { lateMs } from './vpn.ts'

export interface Channels {
  readonly orders: string
  readonly billing: string
  readonly vpn: string
}

/** What of the catalog is edited while everything runs. */
export interface Edits {
  /** Words that nobody decides by. */
  readonly how: string
  /** Whether contractors may ask for the reports. */
  readonly areReportsOpen: boolean
  readonly isBroken: boolean
}

/** Before anybody edits it, and in the end. */
export const asWritten: Edits = { how: 'with your own login', areReportsOpen: true, isBroken: false }

/** The longest call: whoever dies in the middle of one keeps its lease for about as long. */
const timeout = '1500ms'

/** Lives of some seconds, on targets that overlap: what is asked for, held by rule, by session and by the week. */
export const mayhemCatalog = (
  channels: Channels,
  { how, areReportsOpen, isBroken }: Edits,
): string => `version: 1

people: { scim: required, grace: 0s }
confirm: { methods: [totp], maxAge: 0s }

devices:
  approval: none
  sources:
    laptops: { kind: webhook, secret: "\${LAPTOPS_SECRET}", owner: proven }
  fit:
    safe:
      when: device.firewall
      maxAge: 12s

defaults:
  channel: ${channels.orders}
  admins: [ada@acme.example]
  approvers: { groups: ["@dba"] }
  duration: { default: 10s, max: 2m, choices: [5s, 10s, 30s] }
  review: { within: 25s }
  warn: 24s
  alert: 10s

systems:
  cluster:
    connector: mongodb
    url: \${ORDERS_URL}
    principal: email.split("@")[0]
    timeout: ${timeout}
  billing:
    connector: postgres
    url: \${BILLING_URL}
    password: \${BILLING_PASSWORD}
    owner: curfew_owner
    principal: email.split("@")[0]
    timeout: ${timeout}
  vpn:
    connector: webhook
    url: \${VPN_URL}
    secret: \${VPN_SECRET}
    late: ${lateMs / 1_000}s
    principal: email.split("@")[0]
    timeout: ${timeout}
${isBroken ? '    tineout: 3s\n' : ''}
resources:
  orders:
    name: Orders
    system: cluster
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '!guest'
        how: ${how}
        extend: { max: 3, by: 5s, total: 1m, review: false }
      peek:
        name: Peek at orders
        target: { database: orders, role: read }
        who: '!guest'
        auto: [{ because: a peek, when: '"contractors" in groups', max: 10s }]
      write:
        name: Change orders
        target: { database: orders, role: readWrite }
        who: '!guest'
        review: { within: 25s, stages: [{ approvers: { groups: ["@dba"] }, needs: 2 }] }
        extend: { max: 2, by: 5s, total: 1m, review: true }
  reports:
    name: Reports
    system: cluster
    entitlements:
      read:
        name: Read reports
        target: { database: reports, role: read }
        who: '${areReportsOpen ? '"contractors" in groups' : '"managers" in groups'}'
        auto: [{ because: reports, when: '"contractors" in groups', max: 30s }]
        duration: { default: 20s, max: 1m, choices: [10s, 20s] }
  billing:
    name: Billing
    system: billing
    channel: ${channels.billing}
    entitlements:
      read:
        name: Read invoices
        target: { role: billing_readers }
        who: '!guest'
        extend: { max: 3, by: 5s, total: 1m, review: false }
      safely:
        name: Read invoices, on a fit laptop
        target: { role: billing_readers }
        who: '!guest'
        device: safe
        duration: { default: 30s, max: 1m, choices: [30s] }
        auto: [{ because: on a fit laptop, when: '"contractors" in groups', max: 30s }]
  vpn:
    name: Network
    system: vpn
    channel: ${channels.vpn}
    entitlements:
      join:
        name: Join the network
        target: { net: main }
        who: '!guest'
        windows: { until: 60d }
        duration: { default: 10s, max: 2m, choices: [5s, 10s, 1m] }
      oncall:
        name: The network, on call
        target: { net: main }
        mode: standing
        who: '"oncall" in groups'
      shift:
        name: The network, by shift
        target: { net: shift }
        mode: session
        session: { length: 15s, renew: 8s, max: 40s }
        who: '!guest'
      lab:
        name: The lab
        target: { net: lab }
        who: '!guest'
        device: safe
        duration: { default: 30s, max: 1m, choices: [30s] }
        auto: [{ because: on a fit laptop, when: '"contractors" in groups', max: 30s }]
`
