import type { Surface } from '../../src/domain/ports/surfaces.ts'
import type { Picture } from '../../src/slack/publish/picture.ts'

/** "card:r1:C1 → C1, newCard" for each that is worth a new message now. */
export const wantedOf = (pictures: readonly Picture[]): string[] =>
  pictures.filter(({ isWanted }) => isWanted).map(placed)

/** Those that are only kept true where they stand. */
export const keptOf = (pictures: readonly Picture[]): string[] =>
  pictures.filter(({ isWanted }) => !isWanted).map(placed)

const placed = ({ key, to, lane }: Picture): string =>
  `${key} → ${to.channel}${to.threadTs === undefined ? '' : ` ${to.threadTs}`}, ${lane}`

/** A row of a message that stands in Slack, unless it says otherwise. */
export const aRow = (key: string, about: Partial<Surface> = {}): Surface => ({
  key,
  requestId: 'r1',
  channel: 'C1',
  ts: '1.0',
  shows: 'mark',
  failure: null,
  tries: 0,
  needsLook: false,
  ...about,
})

export const rowsOf = (...rows: Surface[]): ReadonlyMap<string, Surface> =>
  new Map(rows.map((row) => [row.key, row]))
