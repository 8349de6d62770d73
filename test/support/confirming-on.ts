import { unrecorded } from '../../src/domain/ports/acts.ts'
import { confirmingFor } from '../../src/confirmers.ts'
import type { RingKey } from '../../src/domain/ring-keys.ts'
import type { Catalog } from '../../src/domain/catalog.ts'
import type { FactorNews } from '../../src/domain/confirming/factor-news.ts'
import type { Confirming } from '../../src/domain/ports/confirming.ts'
import { mongoProofs } from '../../src/mongo/confirming/proofs.ts'
import type { TestDatabase } from './database.ts'
import { noLog } from './no-log.ts'

/** Where the pages of these tests are. */
export const pagesAt = 'https://curfew.acme.example'

/** The ways of confirming of an app with this catalog and key, as it composes them. Nobody is told but `tell`. */
export const confirmingOn = (
  { connection }: Pick<TestDatabase, 'connection'>,
  {
    catalog,
    key,
    publicUrl = pagesAt,
    now = () => new Date(),
    tell = () => undefined,
  }: {
    catalog: Catalog
    key: RingKey
    publicUrl?: string | null
    now?: () => Date
    tell?: (news: FactorNews) => void
  },
): Confirming =>
  confirmingFor(
    connection,
    { keys: [key], publicUrl, proxies: null },
    {
      catalog: () => catalog,
      clock: { now },
      proofs: mongoProofs(connection),
      acts: unrecorded,
      tell: async (_, news) => tell(news),
      tellAdmins: () => undefined,
      log: noLog,
    },
  )
