import type {} from './jest-global-setup.ts'

export default async function teardown(): Promise<void> {
  await globalThis.curfewTestMongod?.stop()
}
