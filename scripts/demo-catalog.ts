import type { Cast } from '../test/support/cast.ts'

/** The demo's catalog: the same format as a user's own, with times short enough to see a whole life. */
export const demoCatalog = (
  { orders, access }: Pick<Cast, 'orders' | 'access'>,
  {
    hasBilling = false,
    hasLongSession = false,
    hasLaptops = false,
    session = '{ length: 2m, renew: 1m, max: 5m }',
    warn = '45s',
  }: {
    hasBilling?: boolean
    hasLongSession?: boolean
    hasLaptops?: boolean
    session?: string
    warn?: string
  } = {},
): string => `# What can be asked for here. Edit it: Curfew reads it again by itself.
version: 1

# The company directory says who is in "contractors" and "engineering", and who Riley's manager is. "@dba" is Slack's.
people: { grace: 3s }

# What counts as a proof of who somebody is, where one is asked for.
confirm: { methods: [passkey, totp] }
${hasLaptops ? laptops(orders.id) : ''}
defaults:
  channel: ${access.id}
  admins: [ada@acme.example, sam@acme.example]
  approvers: { groups: ["@dba"] }
  duration: { default: 1m, max: 10m, choices: [1m, 2m, 5m, 10m] }
  review: { within: 1h }
  alert: 15s

systems:
  cluster:
    connector: mongodb
    url: \${ORDERS_MONGODB_URL}
    principal: email.split("@")[0]
${hasBilling ? billingSystem : ''}
resources:
  orders-db:
    name: Orders database
    owner: kim@acme.example
    system: cluster
    channel: ${orders.id}
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '"contractors" in groups || !guest'
        reason: { example: "INC-123: orders stuck in paid" }
        how: "mongosh, your own login, database orders"
        extend: { max: 3, by: 1m, total: 10m, review: false }
        ahead: 7d
        windows: { until: 60d }
        preApprove: { until: 30d }
      glance:
        name: Glance at orders
        target: { database: orders, role: read }
        who: '"contractors" in groups'
        duration: { default: 1m, max: 2m, choices: [1m, 2m] }
        auto:
          - { because: a glance, when: '"contractors" in groups', max: 1m, quota: { uses: 3, per: 1h } }
      daily:
        name: Read orders, every day
        target: { database: orders, role: read }
        mode: standing
        who: '"engineering" in groups'
${hasLongSession ? longSession : ''}      write:
        name: Change orders
        target: { database: orders, role: readWrite }
        who: '!guest'
        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2 }] }
        confirm: true
        breakGlass: { max: 2m }

  reports-db:
    name: Sales reports
    owner: kim@acme.example
    system: cluster
    entitlements:
      read:
        name: Read reports
        target: { database: reports, role: read }
        who: '"contractors" in groups || !guest'
        onBehalf: 'email == "kim@acme.example"'
        review:
          within: 1h
          remind: [1m, 10m]
          stages:
            - { approvers: { groups: ["@dba"] } }
            - name: Their manager
              approvers: { manager: true }
              otherwise: { people: [sam@acme.example] }
              escalate: { after: 5m, to: { people: [sam@acme.example] } }
      shift:
        name: Reports, while at work
        target: { database: reports, role: read }
        mode: session
        session: ${session}
        warn: ${warn}
        who: '"contractors" in groups || !guest'
${hasLaptops ? customersResource : ''}${hasBilling ? billingResource : ''}`

const longSession = `      day:
        name: Read orders, for the day
        target: { database: orders, role: read }
        mode: session
        session: { length: 10h, renew: 1h, max: 7d }
        who: '"contractors" in groups'
`

const laptops = (channel: string): string => `
# Laptops say by themselves how they are; an admin says once of each that it counts. What is silent does not count for long.
devices:
  channel: ${channel}
  sources:
    laptops: { kind: webhook, secret: "\${LAPTOPS_SECRET}" }
  fit:
    safe-laptop:
      when: device.firewall && device.diskEncrypted && device.osVersion >= version("15.2")
      maxAge: 20s
      grace: 8s
`

const customersResource = `
  customers-db:
    name: Customer records
    owner: kim@acme.example
    system: cluster
    entitlements:
      read:
        name: Read customers
        target: { database: customers, role: read }
        who: '"contractors" in groups'
        device: safe-laptop
        duration: { default: 10m, max: 10m, choices: [5m, 10m] }
        auto:
          - { because: on a fit laptop, when: '"contractors" in groups', max: 10m }
`

const billingSystem = `  billing:
    connector: postgres
    url: \${BILLING_URL}
    password: \${BILLING_PASSWORD}
    owner: curfew_owner
    principal: email.split("@")[0]
`

const billingResource = `
  billing-db:
    name: Billing database
    owner: kim@acme.example
    system: billing
    entitlements:
      read:
        name: Read invoices
        target: { role: billing_readers }
        who: '"contractors" in groups || !guest'
        how: "psql, your own login"
`
