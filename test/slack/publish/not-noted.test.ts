import type { Surface } from '../../../src/domain/ports/surfaces.ts'
import { Messages } from '../../../src/slack/publish/messages.ts'
import { Outbox } from '../../../src/slack/publish/outbox.ts'
import { memorySurfaces } from '../../support/memory-surfaces.ts'
import { noLog } from '../../support/no-log.ts'
import { says } from '../../support/publishing.ts'
import { RecordedSlack } from '../../support/recorded-slack.ts'

test('what was posted and could not be noted is not posted again, though a turn in between, in which nothing was sent, could not be noted either', async () => {
  const slack = new RecordedSlack()
  let elapsedMs = 0
  const own = memorySurfaces(() => elapsedMs)
  let isAway = true
  const save: typeof own.save = (...of) =>
    isAway ? Promise.reject(new Error('the database is away')) : own.save(...of)
  const surfaces = { ...own, save }
  const outbox = new Outbox({ client: slack.client, surfaces, isPaced: false })
  const messages = new Messages({
    outbox,
    surfaces,
    log: noLog,
    elapsedMs: () => elapsedMs,
    saveAgainMs: [1],
  })
  const sends = async (row?: Surface) => {
    const picture = {
      key: 'card:g1',
      lane: 'newCard' as const,
      isWanted: true,
      to: { channel: 'C1' },
      draw: async () => says('a card'),
    }
    await messages.queue({ picture, requestId: 'r1', row }).sent.catch(() => undefined)
    // Whoever had it gave it up, or its lease is over.
    elapsedMs += 20_000
    const leased = await own.lease({ key: 'card:g1', requestId: 'r1' }, 0)
    return leased.shown.surfaces[0]
  }
  const row = await sends()
  expect(slack.texts).toEqual(['a card'])
  // It was seen otherwise than it is noted: nothing is sent.
  if (row !== undefined) await sends({ ...row, shows: 'something else' })
  isAway = false
  await sends(row)
  expect(slack.texts).toEqual(['a card'])
  expect((await own.of('r1')).surfaces).toMatchObject([{ channel: 'C1', ts: '1.0' }])
})
