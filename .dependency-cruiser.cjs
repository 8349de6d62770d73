/** Imports run one way: cli, main, catalog-worker → edges → operations → domain; mongo, connectors, catalog, people, confirming, metrics, tracing, devices → domain. */
const edges = ['slack', 'web', 'jobs']
/** What says nothing of access: tools that any room may use. */
const tools = '(elapsed|in-time|once-more|bounded-map|same-secret|under-way|waking-connection)\\.ts$'
/** Below the rooms of people's moments: shared by all of them. */
const shared = 'publish|replies|words|directory|wire'
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    only('domain-stands-alone', '^src/domain/', '^src/domain/'),
    only('operations-know-domain', '^src/operations/', `^src/(operations/|domain/|${tools})`),
    ...['mongo', 'connectors', 'catalog', 'people', 'confirming', 'metrics', 'tracing'].map((room) =>
      only(`${room}-knows-domain`, `^src/${room}/`, `^src/(${room}/|domain/|${tools})`),
    ),
    only('devices-know-domain', '^src/devices/', `^src/(devices/|domain/|connectors/http/|${tools})`),
    only(
      'catalog-worker-joins-catalog-and-connectors',
      '^src/catalog-worker\\.ts$',
      '^src/(catalog|connectors|domain)/',
    ),
    only('what-strangers-import-is-domain', '^src/connector\\.ts$', '^src/domain/'),
    only('testing-knows-domain', '^src/testing(/|\\.ts$)', '^src/(testing/|domain/)'),
    {
      name: 'nothing-that-runs-knows-testing',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing(/|\\.ts$)' },
      to: { path: '^src/testing(/|\\.ts$)' },
    },
    ...edges.map((edge) =>
      only(`${edge}-edge`, `^src/${edge}(/|\\.ts$)`, `^src/(${edge}(/|\\.ts$)|operations/|domain/|${tools})`),
    ),
    {
      name: 'nothing-but-the-command-knows-the-doctor',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(doctor/|cli\\.ts$)' },
      to: { path: '^src/doctor/' },
    },
    {
      name: 'what-rooms-of-slack-share-knows-none-of-them',
      severity: 'error',
      from: { path: `^src/slack/(${shared})/` },
      to: { path: '^src/slack/', pathNot: `^src/slack/((${shared})/|parts\\.ts$)` },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'tracing-alone-knows-opentelemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/' },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'tracing-is-loaded-where-traces-are-sent',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/' },
      to: { path: '^src/tracing/', pathNot: '^src/tracing/variables\\.ts$', dynamic: false },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'runtime-only-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
