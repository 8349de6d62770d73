import sequencer from '@jest/test-sequencer'

/**
 * The files that take longest, the longest first: started last, one of them would be waited for by every other worker.
 * Jest sees to that by itself once it has timed them; this is for a fresh checkout, as CI's is.
 */
const longest = [
  'journeys/windows',
  'journeys/page.browser',
  'simulation/simulation',
  'journeys/closer-look',
  'journeys/round-the-rules',
  'journeys/restarts',
  'journeys/recount',
  'journeys/extending',
  'journeys/clocks',
  'journeys/starting-later',
  'journeys/moved-systems',
  'journeys/left-without-a-word',
  'journeys/while-held',
  'journeys/systems',
  'journeys/lonely-replica',
  'catalog/size',
].map((name) => `/test/${name}.test.ts`)

export default class LongestFirst extends sequencer.default {
  sort(tests) {
    const sorted = super.sort(tests)
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted
    const rankOf = ({ path }) => {
      const at = longest.findIndex((end) => path.endsWith(end))
      return at === -1 ? longest.length : at
    }
    return sorted.sort((a, b) => rankOf(a) - rankOf(b))
  }
}
