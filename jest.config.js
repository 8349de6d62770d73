/** Tests run as ES modules against the TypeScript sources; type errors are `npm run check`'s to find. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.jest.json' }] },
  globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/jest-retries.ts'],
  testSequencer: '<rootDir>/test/support/jest-longest-first.js',
  // Most of a journey is waiting for an instant to come: five keep two cores busy for four fifths of the time. A sixth
  // gains next to nothing, and leaves no room for what must be in time.
  maxWorkers: 5,
  // Each file's modules are loaded anew and never let go: after a hundred files three gigabytes are gone through in vain.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 20_000,
  // Real servers and sockets: one that lingers must not keep a finished run from ending.
  forceExit: true,
}
