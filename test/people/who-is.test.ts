import type { Known, PersonFacts, PersonRef } from '../../src/domain/person.ts'
import { whoIsFrom } from '../../src/people/who-is.ts'
import { riley } from '../support/builders.ts'
import { memoryDirectory } from '../support/memory-directory.ts'

const { userId } = riley.slack

/** What was seen before, and what Slack says now; both say how often they were asked. */
function asked({ seen, slack }: { seen: PersonRef | null; slack: 'silent' | 'answers' }) {
  const times = { people: 0, slack: 0 }
  const directory = memoryDirectory({ people: [riley], groups: {}, channels: {} })
  const whoIs = whoIsFrom(
    {
      facts: async (id): Promise<Known<PersonFacts>> => {
        times.slack += 1
        return slack === 'silent' ? 'unknown' : directory.facts(id)
      },
    },
    {
      bySlackUser: async () => {
        times.people += 1
        return seen
      },
    },
  )
  return { whoIs, times }
}

test('whoever was seen before is known while Slack does not answer, and Slack is not asked', async () => {
  const { whoIs, times } = asked({ seen: riley, slack: 'silent' })
  expect(await whoIs(userId)).toEqual(riley)
  expect(times).toEqual({ people: 1, slack: 0 })
})

test('whoever was never seen is whom Slack says, once', async () => {
  const { whoIs, times } = asked({ seen: null, slack: 'answers' })
  expect(await whoIs(userId)).toEqual(riley)
  expect(await whoIs(userId)).toEqual(riley)
  expect(times).toEqual({ people: 1, slack: 1 })
})

test('whoever was never seen is unknown while Slack does not answer, and is asked about anew', async () => {
  const { whoIs, times } = asked({ seen: null, slack: 'silent' })
  expect(await whoIs(userId)).toBe('unknown')
  expect(await whoIs(userId)).toBe('unknown')
  expect(times).toEqual({ people: 2, slack: 2 })
})
