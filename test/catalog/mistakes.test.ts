import { changed, complaints, GOOD, withKeys } from './reading.ts'

const ENTITLEMENT = 'resources.orders-db.entitlements.read'

test('a good catalog has nothing to complain of', () => {
  expect(complaints(GOOD)).toEqual([])
})

const mistakes: [string, string, string][] = [
  ['no version', changed('version: 1\n', ''), 'catalog.yml:1:1 version: is missing'],
  ['a later version', changed('version: 1', 'version: 2'), 'catalog.yml:1:10 version: must be 1'],
  ['an empty file', '', 'catalog.yml:1:1 must be a map of keys, not empty'],
  ['a list', '- a', 'catalog.yml:1:1 must be a map of keys, not a list'],
  [
    'YAML that cannot be read',
    `${GOOD}  x: [1`,
    'catalog.yml:20:8 Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'a key written twice',
    changed('  channel: C0123ACCESS\n', '  channel: C1X\n  channel: C2X\n'),
    'catalog.yml:4:3 this key is written twice',
  ],
  [
    'two documents',
    `${GOOD}---\nversion: 1\n`,
    'catalog.yml:20:1 a second document starts here: write one document a file',
  ],
  [
    'an unknown tag',
    changed('C0123ACCESS', '!secret C0123ACCESS'),
    'catalog.yml:3:12 Unresolved tag: !secret',
  ],
  [
    'a tag by which a mapping is none',
    withKeys('review: !!omap [{ within: 2h }]'),
    'catalog.yml:20:17 Unresolved tag: tag:yaml.org,2002:omap',
  ],
  [
    'a tag by which a list is one of pairs',
    withKeys('review: { stages: !!pairs [approvers: { people: [ada@acme.example] }] }'),
    'catalog.yml:20:27 Unresolved tag: tag:yaml.org,2002:pairs',
  ],
  [
    'a tag by which a text is none',
    changed('C0123ACCESS', '!!timestamp 2026-01-01'),
    'catalog.yml:3:12 Unresolved tag: tag:yaml.org,2002:timestamp',
  ],
  [
    'a tag by which a mapping is a set',
    changed('systems:', 'devices: !!set { approve }\nsystems:'),
    'catalog.yml:6:10 Unresolved tag: tag:yaml.org,2002:set',
  ],
  [
    'a tag by which a text is bytes',
    changed('C0123ACCESS', '!!binary QzE='),
    'catalog.yml:3:12 Unresolved tag: tag:yaml.org,2002:binary',
  ],
  [
    'an older YAML, in which yes is true',
    `%YAML 1.1\n---\n${GOOD}`,
    'catalog.yml:1:1 is YAML 1.1: write YAML 1.2, without a line that says so',
  ],
  [
    'an older YAML, in which a merge may be of anything',
    `%YAML 1.1\n---\n<<: 5\n`,
    'catalog.yml:1:1 is YAML 1.1: write YAML 1.2, without a line that says so',
  ],
  [
    'an alias of nothing',
    changed('C0123ACCESS', '*channel'),
    'catalog.yml:3:12 nothing above is anchored as &channel',
  ],
  ['an alias of itself', changed('[ada@acme.example]', '&all [*all]'), 'catalog.yml:4:17 *all holds itself'],
  [
    'a key that JavaScript minds',
    changed('version: 1\n', 'version: 1\n__proto__: {}\n'),
    'catalog.yml:2:1 "__proto__" cannot be a key',
  ],
  [
    'nothing to ask for',
    GOOD.slice(0, GOOD.indexOf('resources:')),
    'catalog.yml:1:1 resources: is missing: no file says what there is to ask for',
  ],

  [
    'a misspelled key',
    changed('  channel:', '  chanel:'),
    'catalog.yml:3:3 defaults.chanel: is not a key here; did you mean "channel"?',
  ],
  [
    'a key from nowhere',
    changed('version: 1\n', 'version: 1\ncolour: red\n'),
    'catalog.yml:2:1 colour: is not a key here; there are version, people, devices, confirm, managers, defaults, systems, resources',
  ],
  [
    'a key of a later version',
    withKeys('posture: {}'),
    `catalog.yml:20:9 ${ENTITLEMENT}.posture: is not supported by this version`,
  ],
  [
    'a mode of a later version',
    withKeys('mode: bookable'),
    `catalog.yml:20:15 ${ENTITLEMENT}.mode: must be "approval", "standing" or "session"`,
  ],
  [
    'a session that does not say how long it lasts',
    withKeys('mode: session'),
    `catalog.yml:16:7 ${ENTITLEMENT}.session: is missing: say how long one confirmation lasts (length: 10h)`,
  ],
  [
    'a session of what is not had by one',
    withKeys('session: { length: 10h }'),
    `catalog.yml:20:9 ${ENTITLEMENT}.session: is for mode: session`,
  ],
  [
    'a session that can be renewed as soon as it begins',
    withKeys('mode: session\n        session: { length: 1h, renew: 1h }'),
    `catalog.yml:21:39 ${ENTITLEMENT}.session.renew: must be shorter than its length, 1 h`,
  ],
  [
    'a session that is shorter than its length',
    withKeys('mode: session\n        session: { length: 2h, max: 1h }'),
    `catalog.yml:21:37 ${ENTITLEMENT}.session.max: is shorter than its length, 2 h`,
  ],
  [
    'a session that nobody could begin',
    withKeys('mode: session\n        session: { length: 2h, methods: [] }'),
    `catalog.yml:21:41 ${ENTITLEMENT}.session.methods: is empty: nobody could ever confirm`,
  ],
  [
    'two automatic approvals of one name',
    withKeys('auto: [{ because: on call, when: guest }, { because: on call, when: "true" }]'),
    `catalog.yml:20:15 ${ENTITLEMENT}.auto: has two rules of one name: each because is a name of its own`,
  ],
  [
    'a typo in the condition of an automatic approval',
    withKeys('auto: [{ because: on call, when: \'"@oncall" in grops\' }]'),
    `catalog.yml:20:56 ${ENTITLEMENT}.auto[0].when: there is no "grops"; did you mean "groups"?`,
  ],
  [
    'an automatic approval that answers with no yes or no',
    withKeys('auto: [{ because: on call, when: "1 + 1" }]'),
    `catalog.yml:20:43 ${ENTITLEMENT}.auto[0].when: must answer with bool, not int`,
  ],
  [
    'an automatic approval for longer than anybody may ask',
    withKeys('auto: [{ because: on call, when: guest, max: 12h }]'),
    `catalog.yml:20:54 ${ENTITLEMENT}.auto[0].max: is longer than the maximum, 8 h`,
  ],
  [
    'six stages',
    withKeys(`review: { stages: [${'{ approvers: { groups: ["@a"] } }, '.repeat(6)}] }`),
    `catalog.yml:20:27 ${ENTITLEMENT}.review.stages: has more than 5 stages`,
  ],
  [
    'who as a default',
    changed('  channel:', '  who: "true"\n  channel:'),
    'catalog.yml:3:3 defaults.who: is never a default: write it on each resource or entitlement',
  ],

  [
    'a system nobody described',
    changed('system: cluster', 'system: clutser'),
    'catalog.yml:14:13 resources.orders-db.system: "clutser" is not a system; did you mean "cluster"?',
  ],
  [
    'a connector that is not there',
    changed('connector: demo', 'connector: dmeo'),
    'catalog.yml:8:16 systems.cluster.connector: "dmeo" is not a connector; did you mean "demo"?',
  ],
  [
    'a misspelled setting',
    changed('    principal', '    pasword: x\n    principal'),
    'catalog.yml:10:5 systems.cluster.pasword: is not a key here; did you mean "password"?',
  ],
  [
    'a setting the connector refuses',
    changed('${DEMO_URL}', 'http://here'),
    'catalog.yml:9:10 systems.cluster.url: must start with demo://',
  ],
  [
    'a timeout out of bounds',
    changed('    principal', '    timeout: 1m\n    principal'),
    'catalog.yml:10:14 systems.cluster.timeout: 1 min is not between 250 ms and 30 s',
  ],
  [
    'no principal',
    changed('    principal: email.split("@")[0]\n', ''),
    'catalog.yml:7:3 systems.cluster.principal: is missing',
  ],
  [
    'a principal that is not text',
    changed('email.split("@")[0]', 'email.size()'),
    'catalog.yml:10:16 systems.cluster.principal: must answer with string, not int',
  ],
  [
    'a principal by what people edit',
    changed('email.split("@")[0]', 'email + zone'),
    'catalog.yml:10:24 systems.cluster.principal: there is no "zone"; there are email, device',
  ],
  [
    'one principal for everybody',
    changed('email.split("@")[0]', `'"shared"'`),
    'catalog.yml:10:17 systems.cluster.principal: must mention email, or device: else everybody is one and the same',
  ],
  [
    'a map of people with a nickname',
    changed('email.split("@")[0]', '{ riley: riley-laptop }'),
    'catalog.yml:10:18 systems.cluster.principal.riley: "riley" is neither an e-mail nor a Slack user id such as U012AB3CD',
  ],

  [
    'a command word as an id',
    changed('  orders-db:', '  help:'),
    `catalog.yml:12:3 resources.help: cannot be a resource's id: "/request-access help" is a command`,
  ],
  [
    'an id with a capital',
    changed('      read:', '      Read:'),
    'catalog.yml:16:7 resources.orders-db.entitlements.Read: must be 1 to 40 small letters, digits and hyphens, such as orders-db',
  ],
  [
    'a name that is a number',
    changed('name: Read orders', 'name: 2027'),
    `catalog.yml:17:15 ${ENTITLEMENT}.name: must be text, not a number: put it in quotes`,
  ],
  [
    'a name too long for Slack',
    changed('name: Read orders', `name: ${'x'.repeat(61)}`),
    `catalog.yml:17:15 ${ENTITLEMENT}.name: is longer than 60 characters`,
  ],
  [
    'a long how',
    withKeys(`how: ${'x'.repeat(501)}`),
    `catalog.yml:20:14 ${ENTITLEMENT}.how: is longer than 500 characters`,
  ],
  [
    'a long example',
    withKeys(`reason: { example: ${'x'.repeat(141)} }`),
    `catalog.yml:20:28 ${ENTITLEMENT}.reason.example: is longer than 140 characters`,
  ],
  [
    'a target the connector refuses',
    changed('role: read }', 'role: admin }'),
    `catalog.yml:18:43 ${ENTITLEMENT}.target.role: Invalid option: expected one of "read"|"readWrite"`,
  ],
  [
    'a misspelled key of a target',
    changed('role: read }', 'role: read, rule: x }'),
    `catalog.yml:18:49 ${ENTITLEMENT}.target.rule: is not a key here; did you mean "role"?`,
  ],
  [
    'no target',
    changed('        target: { database: orders, role: read }\n', ''),
    `catalog.yml:16:7 ${ENTITLEMENT}.target: is missing`,
  ],
  [
    'no entitlement',
    changed(GOOD.slice(GOOD.indexOf('entitlements:')), 'entitlements: {}\n'),
    'catalog.yml:15:19 resources.orders-db.entitlements: has no entitlement: nothing to ask for',
  ],

  [
    'no channel anywhere',
    changed('  channel: C0123ACCESS\n', ''),
    `catalog.yml:15:7 ${ENTITLEMENT}.channel: is missing, here and in what it inherits`,
  ],
  [
    'no admins anywhere',
    changed('  admins: [ada@acme.example]\n', ''),
    `catalog.yml:15:7 ${ENTITLEMENT}.admins: is missing, here and in what it inherits: somebody must be able to end access`,
  ],
  [
    'no approvers anywhere',
    changed('  approvers: { people: [ada@acme.example, sam@acme.example] }\n', ''),
    `catalog.yml:15:7 ${ENTITLEMENT}.approvers: is missing, here and in what it inherits: nobody could ever approve`,
  ],
  [
    'nobody who may ask',
    changed(`        who: '"@engineering" in groups'\n`, ''),
    `catalog.yml:16:7 ${ENTITLEMENT}.who: is missing: say who may ask ("true" for everyone)`,
  ],
  [
    'a channel by its name',
    changed('C0123ACCESS', '"#access"'),
    'catalog.yml:3:12 defaults.channel: "#access" is not a Slack channel id such as C0123ABCD (not a #name)',
  ],
  ['no admin', changed('[ada@acme.example]', '[]'), 'catalog.yml:4:11 defaults.admins: names nobody'],
  [
    'an admin by nickname',
    changed('[ada@acme.example]', '[Ada]'),
    'catalog.yml:4:12 defaults.admins[0]: "ada" is neither an e-mail nor a Slack user id such as U012AB3CD',
  ],
  [
    'a handle that no group can have',
    withKeys('approvers: { groups: ["@D BA"] }'),
    `catalog.yml:20:31 ${ENTITLEMENT}.approvers.groups[0]: "@D BA" is not the handle of a Slack user group, such as "@dba"`,
  ],
  [
    'no approver',
    withKeys('approvers: { people: [] }'),
    `catalog.yml:20:20 ${ENTITLEMENT}.approvers: names nobody: nobody could ever approve`,
  ],
  [
    'more approvals than people',
    withKeys('review: { stages: [{ approvers: { people: [a@b.example, A@B.example] }, needs: 2 }] }'),
    `catalog.yml:20:88 ${ENTITLEMENT}.review.stages[0].needs: asks for more people than are listed`,
  ],
  [
    'no approval needed',
    withKeys('review: { stages: [{ approvers: { groups: ["@a"] }, needs: 0 }] }'),
    `catalog.yml:20:68 ${ENTITLEMENT}.review.stages[0].needs: must be at least 1`,
  ],
  [
    'approvers twice',
    withKeys('approvers: { groups: ["@a"] }', 'review: { stages: [{ approvers: { groups: ["@a"] } }] }'),
    `catalog.yml:20:9 ${ENTITLEMENT}.approvers: is the short form of review.stages: write one of them`,
  ],

  [
    'a duration without a unit',
    withKeys('duration: { max: 30 }'),
    `catalog.yml:20:26 ${ENTITLEMENT}.duration.max: must be a length of time with its unit, such as 30m, 2h or 1d`,
  ],
  [
    'no time at all',
    withKeys('duration: { default: 0m }'),
    `catalog.yml:20:30 ${ENTITLEMENT}.duration.default: "0m" is not a length of time such as 30m, 2h, 1d or 1h30m`,
  ],
  [
    'a maximum of months',
    withKeys('duration: { max: 90d }'),
    `catalog.yml:20:26 ${ENTITLEMENT}.duration.max: 90 d is not between 1 s and 30 d`,
  ],
  [
    'a default past the maximum',
    withKeys('duration: { default: 2h, max: 1h }'),
    `catalog.yml:20:30 ${ENTITLEMENT}.duration.default: is longer than the maximum, 1 h`,
  ],
  [
    'a default past the usual maximum',
    withKeys('duration: { default: 9h }'),
    `catalog.yml:20:30 ${ENTITLEMENT}.duration.default: is longer than the maximum, 8 h unless max says otherwise`,
  ],
  [
    'a choice past the maximum',
    withKeys('duration: { max: 1h, choices: [30m, 2h] }'),
    `catalog.yml:20:45 ${ENTITLEMENT}.duration.choices[1]: is longer than the maximum, 1 h`,
  ],
  [
    'a warning before the start',
    withKeys('duration: { max: 1h }', 'warn: 1h'),
    `catalog.yml:21:15 ${ENTITLEMENT}.warn: must be shorter than the longest access, 1 h`,
  ],
  [
    'a yes that is not true',
    withKeys('confirm: "yes"'),
    `catalog.yml:20:18 ${ENTITLEMENT}.confirm: must be true, false or "mfa"`,
  ],
  [
    'a proof of whoever begins a session, who gives one anyway,',
    withKeys('confirm: mfa', 'mode: session', 'session: { length: 1h }'),
    `catalog.yml:20:18 ${ENTITLEMENT}.confirm: is for what is asked for: whoever begins a session confirms who they are anyway`,
  ],
  [
    'what to do without a proof that is not asked for',
    withKeys('breakGlass: { max: 1h, ifDown: louder }'),
    `catalog.yml:20:40 ${ENTITLEMENT}.breakGlass.ifDown: is for confirm: mfa`,
  ],
  [
    'another word for a proof',
    withKeys('review: { confirm: true }'),
    `catalog.yml:20:28 ${ENTITLEMENT}.review.confirm: must be "mfa", or false`,
  ],
]

test.each(mistakes)('%s is refused, with its place and what is wrong', (_, text, complaint) => {
  expect(complaints(text)).toEqual([complaint])
})

const conditions: [string, string, string][] = [
  ['a variable that is not there', `'"@a" in gruops'`, '20:23 there is no "gruops"; did you mean "groups"?'],
  ['no yes or no', `email`, '20:14 must answer with bool, not string'],
  ['types that do not fit', `'duration > 3600'`, '20:15 no such overload: google.protobuf.Duration > int'],
  ['half an expression', `'email =='`, '20:23 Unexpected token: EOF'],
  [
    'a duration CEL cannot read',
    `'duration <= duration("2d")'`,
    '20:27 duration("2d") cannot be read: write hours, minutes and seconds, such as "2h" or "1h30m"',
  ],
  ['a pattern that is none', `'email.matches("(")'`, '20:15 a pattern in RE2: missing closing ): `(`'],
  [
    'a pattern that looks ahead',
    `'reason.matches("^(?=INC)")'`,
    '20:15 a pattern in RE2: invalid or unsupported Perl syntax: `(?=`',
  ],
  [
    'a pattern that is not written out',
    `'reason.matches(email)'`,
    '20:15 matches() needs its pattern written out',
  ],
  [
    'a pattern of another kind',
    `'duration.matches("2h")'`,
    "20:15 found no matching overload for 'google.protobuf.Duration.matches(string)'",
  ],
  ['a long pattern', `'reason.matches("${'a'.repeat(201)}")'`, '20:15 a pattern may have 200 characters'],
  [
    'patterns that repeat thousands of times',
    `'reason.matches("a{900}") || reason.matches("b{900}")'`,
    '20:43 the patterns of one condition repeat too much',
  ],
  [
    'a name of our own for matches',
    `'reason.matchesInLinearTime(email)'`,
    "20:15 found no matching overload for 'string.matchesInLinearTime(string)'",
  ],
  [
    'a walk inside a walk',
    `'groups.all(a, groups.exists(b, a != b))'`,
    '20:29 exists() may not stand inside all()',
  ],
  [
    'a walk inside a name',
    `'cel.bind(all, groups.map(g, g), all == groups)'`,
    '20:29 map() may not stand inside bind()',
  ],
  [
    'a walk over a walk over a walk',
    `'groups.map(a, a + a).map(b, b + b).exists(c, c == email)'`,
    '20:15 more than 2 of all, exists, exists_one, map, filter and bind follow each other',
  ],
  [
    'a zone that is none',
    `'now.getHours("Mars/Olympus") < 18'`,
    '20:15 Invalid time zone specified: Mars/Olympus',
  ],
  ['far too much of it', `'${'true && '.repeat(300)}true'`, '20:15 is longer than 2000 characters'],
  ['nested far too deeply', `'${'('.repeat(100)}true${')'.repeat(100)}'`, '20:47 Exceeded maxDepth (32)'],
  ['nothing', `''`, '20:15 is empty'],
]

test.each(conditions)('a condition with %s is refused at the very word', (_, condition, complaint) => {
  const own = complaints(changed(`who: '"@engineering" in groups'`, `how: x\n        who: ${condition}`))
  const [place = '', ...words] = complaint.split(' ')
  expect(own).toEqual([`catalog.yml:${place} ${ENTITLEMENT}.who: ${words.join(' ')}`])
})

test('a word in a condition of several lines is found on its own line', () => {
  const block = `who: |\n          "@a" in groups\n            || "@b" in gruops`
  const folded = `who: >-\n          "@a" in groups\n\n            || "@b" in gruops`
  const escaped = `who: "\\"@a\\" in groups || \\"@b\\" in gruops"`
  const complaint = (written: string) => complaints(changed(`who: '"@engineering" in groups'`, written))
  const wrong = `${ENTITLEMENT}.who: there is no "gruops"; did you mean "groups"?`
  expect(complaint(block)).toEqual([`catalog.yml:21:24 ${wrong}`])
  expect(complaint(folded)).toEqual([`catalog.yml:22:24 ${wrong}`])
  expect(complaint(escaped)).toEqual([`catalog.yml:19:45 ${wrong}`])
})

test('everything that is wrong is said at once, in the order of the file', () => {
  const text = changed('C0123ACCESS', '"#access"')
    .replace('demo\n', 'dmeo\n')
    .replace('name: Read orders', 'name: 5')
    .replace('in groups', 'in gruops')
  expect(complaints(text).map((complaint) => complaint.split(' ')[0])).toEqual([
    'catalog.yml:3:12',
    'catalog.yml:8:16',
    'catalog.yml:17:15',
    'catalog.yml:19:33',
  ])
})

test('aliases that multiply are refused before they cost anything', () => {
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghijkl'.split('').map(
      (name, i) =>
        `${name}: &${name} [${Array(9)
          .fill(`*${'abcdefghijk'[i] ?? ''}`)
          .join(', ')}]`,
    ),
  ]
  expect(complaints(`version: 1\n${bomb.join('\n')}\n`)).toEqual([
    'catalog.yml:1:1 has too many aliases that repeat each other',
  ])
})

test('an anchor saves a team from writing its list twice', () => {
  const text = changed('[ada@acme.example]', '&leads [ada@acme.example]').replace(
    '{ people: [ada@acme.example, sam@acme.example] }',
    '{ people: *leads }',
  )
  expect(complaints(text)).toEqual([])
})
