/** Imports run one way: cli, main, catalog-worker → edges → operations → domain; mongo, connectors, catalog → domain. */
const edges = ['slack', 'web', 'jobs']
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
})

module.exports = {
  forbidden: [
    only('domain-stands-alone', '^src/domain/', '^src/domain/'),
    only('operations-know-domain', '^src/operations/', '^src/(operations|domain)/'),
    ...['mongo', 'connectors', 'catalog'].map((room) =>
      only(`${room}-knows-domain`, `^src/${room}/`, `^src/(${room}/|domain/|elapsed\\.ts$)`),
    ),
    only(
      'catalog-worker-joins-catalog-and-connectors',
      '^src/catalog-worker\\.ts$',
      '^src/(catalog|connectors|domain)/',
    ),
    ...edges.map((edge) =>
      only(
        `${edge}-edge`,
        `^src/${edge}(/|\\.ts$)`,
        `^src/(${edge}(/|\\.ts$)|operations/|domain/|elapsed\\.ts$)`,
      ),
    ),
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
