import sequencer from '@jest/test-sequencer'

/** About how long those take that take longest. */
const usualSeconds = {
  'journeys/windows': 180,
  'journeys/page.browser': 180,
  'journeys/cli': 170,
  'journeys/devices': 150,
  'model/model': 150,
  'web/openapi': 130,
  'simulation/simulation': 110,
  'journeys/closer-look': 100,
  'journeys/round-the-rules': 90,
  'journeys/restarts': 90,
  'journeys/recount': 85,
  'journeys/extending': 80,
  'audit/long-histories': 75,
  'journeys/clocks': 75,
  'journeys/starting-later': 65,
  'journeys/moved-systems': 65,
  'journeys/left-without-a-word': 65,
  'journeys/while-held': 60,
  'journeys/systems': 60,
  'journeys/lonely-replica': 60,
  'catalog/size': 50,
  'connectors/package': 40,
}

const usual = new Map(
  Object.entries(usualSeconds).map(([name, seconds]) => [`test/${name}.test.ts`, seconds * 1_000]),
)

/**
 * The longest first: started last, one of them would be waited for by every other worker. Jest sees to that where it has
 * timed them; on a fresh checkout, as CI's is, these are expected to take what they usually take, and each other one a
 * millisecond for each of its bytes.
 */
export default class LongestFirst extends sequencer.default {
  time(test) {
    const { path, context } = test
    const name = path.slice(context.config.rootDir.length + 1)
    return super.time(test) ?? usual.get(name) ?? context.hasteFS.getSize(path) ?? 0
  }
}
