import { changed, complaints, GOOD, read, theEntitlement, withKeys } from './reading.ts'

/** A stage that says nothing but who approves. */
const aStage = (approvers: { people?: string[]; groups?: string[] }) => ({
  name: null,
  needs: 1,
  asksProof: false,
  quiet: null,
  otherwise: null,
  escalate: null,
  remindMs: [],
  hours: [],
  approvers: { people: [], groups: [], manager: false, who: null, ...approvers },
})

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('what a file leaves out has one plain meaning', () => {
  expect(theEntitlement(GOOD)).toMatchObject({
    id: 'read',
    resource: { id: 'orders-db', name: 'Orders database', owner: null },
    system: 'cluster',
    target: { database: 'orders', role: 'read' },
    canonical: 'orders/read',
    mode: 'approval',
    channel: 'C0123ACCESS',
    admins: ['ada@acme.example'],
    external: false,
    review: {
      stages: [aStage({ people: ['ada@acme.example', 'sam@acme.example'] })],
      withinMs: 24 * HOUR,
    },
    duration: {
      defaultMs: HOUR,
      maxMs: 8 * HOUR,
      choicesMs: [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR],
    },
    warnMs: null,
    alertMs: MINUTE,
    reasonExample: null,
    how: null,
    confirm: false,
  })
  expect(read(GOOD).systems.get('cluster')).toMatchObject({
    timeoutMs: 2500,
    settings: { url: 'demo://here' },
  })
})

test('what is written nearest to an entitlement counts, key by key', () => {
  const text = changed(
    '  channel: C0123ACCESS',
    '  channel: C0123ACCESS\n  warn: 10m\n  confirm: true\n  how: default',
  )
    .replace(
      '    system: cluster',
      '    system: cluster\n    channel: C0456ORDERS\n    how: resource\n    who: "true"',
    )
    .replace('        who', '        how: own\n        who')
  expect(theEntitlement(text)).toMatchObject({
    channel: 'C0456ORDERS',
    warnMs: 10 * MINUTE,
    confirm: true,
    how: 'own',
  })
  expect(theEntitlement(text).who.source).toBe('"@engineering" in groups')
})

test('a resource may say for all its entitlements who may ask', () => {
  const text = changed(`        who: '"@engineering" in groups'\n`, '').replace(
    '    system: cluster',
    '    system: cluster\n    who: guest',
  )
  expect(theEntitlement(text).who.source).toBe('guest')
})

test('approvers of an entitlement replace inherited ones as a whole, in the short form or the long', () => {
  const short = theEntitlement(withKeys('approvers: { groups: ["@dba"] }'))
  const long = theEntitlement(
    withKeys('review: { within: 2h, stages: [{ approvers: { groups: ["@dba"] }, needs: 2 }] }'),
  )
  expect(short.review).toEqual({
    stages: [aStage({ groups: ['@dba'] })],
    withinMs: 24 * HOUR,
  })
  expect(long.review).toEqual({
    stages: [{ ...aStage({ groups: ['@dba'] }), needs: 2 }],
    withinMs: 2 * HOUR,
  })
})

test('a shorter maximum cuts inherited choices, default and warning to fit', () => {
  const text = withKeys('duration: { max: 30m }').replace(
    '  channel: C0123ACCESS',
    '  channel: C0123ACCESS\n  warn: 30m\n  duration: { default: 1h, max: 8h, choices: [10m, 1h, 8h] }',
  )
  expect(theEntitlement(text)).toMatchObject({
    duration: { defaultMs: 30 * MINUTE, maxMs: 30 * MINUTE, choicesMs: [10 * MINUTE, 30 * MINUTE] },
    warnMs: null,
  })
})

test('the default is always among the choices, which are sorted and each there once', () => {
  const text = withKeys('duration: { default: 90m, max: 4h, choices: [4h, 1h, 60m] }')
  expect(theEntitlement(text).duration.choicesMs).toEqual([HOUR, 90 * MINUTE, 4 * HOUR])
})

test('people are the same person however their e-mail is written', () => {
  const text = withKeys('approvers: { people: [Kim@Acme.example, kim@acme.example, U012AB3CD] }')
  expect(theEntitlement(text).review.stages[0].approvers.people).toEqual(['kim@acme.example', 'U012AB3CD'])
})

test('each file has its own defaults, so that no team can change the approvers of another', () => {
  const team = (name: string, channel: string) =>
    GOOD.slice(0, GOOD.indexOf('systems:')).replace('C0123ACCESS', channel) +
    GOOD.slice(GOOD.indexOf('resources:')).replace('orders-db', name)
  const systems = 'version: 1\n' + GOOD.slice(GOOD.indexOf('systems:'), GOOD.indexOf('resources:'))
  expect(
    complaints({
      'a.yml': team('orders', 'C0AAA'),
      'b.yml': team('reports', 'C0BBB'),
      'systems.yml': systems,
    }),
  ).toEqual([])
})

test('an id in two files is refused, and both places are named', () => {
  expect(complaints({ 'a.yml': GOOD, 'b.yml': GOOD })).toEqual([
    'b.yml:7:3 systems.cluster: is also at a.yml:7:3; systems share their ids',
    'b.yml:12:3 resources.orders-db: is also at a.yml:12:3; resources share their ids',
  ])
})

test('a broken default is said once, and not again wherever it is inherited', () => {
  expect(complaints(changed('C0123ACCESS', 'nowhere'))).toHaveLength(1)
})
