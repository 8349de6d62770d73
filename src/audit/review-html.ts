import { html } from 'hono/html'
import { createHash } from 'node:crypto'
import { style } from '../web/page-style.ts'
import { at, named, onOneLine, why } from '../who/words.ts'
import type { ReviewRow } from './review-row.ts'
import { reviewStyle } from './review-style.ts'
import {
  lengthWords,
  stateLines,
  unreadableWords,
  type AcceptedAccess,
  type ReviewFormat,
  type ReviewTotals,
} from './review-words.ts'

type Html = ReturnType<typeof html>

const allStyle = style + reviewStyle
/** Nothing from elsewhere, and no script: whatever stands in a name or a reason. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(allStyle).digest('base64')}'; base-uri 'none'; form-action 'none'`

/** What opens here and closes elsewhere, as plain text; all that people wrote stands in whole pieces, escaped by `html`. */
const pageOpens = (title: string): string => `<!doctype html>
<html lang="en"><head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="robots" content="noindex" />
<meta name="referrer" content="no-referrer" />
${title}
<style>${allStyle}</style>
</head><body><main>
`
const pageCloses = '</main></body></html>\n'

const tableOpens = (heads: readonly (readonly [name: string, width: string])[]): string => {
  const cells = heads.map(([name, width]) => `<th class="w-${width}">${name}</th>`)
  return `<table><thead><tr>${cells.join('')}</tr></thead>\n<tbody>\n`
}
const tableCloses = '</tbody></table>\n'

const heldHeads = tableOpens([
  ['Who', 'who'],
  ['How', 'how'],
  ['How often, how long', 'long'],
  ['From, until', 'when'],
  ['By whose word', 'word'],
  ['Why', 'why'],
  ['Use', 'used'],
  ['Decision', 'decide'],
])
const acceptedHeads = tableOpens([
  ['What', 'what'],
  ['Who, as', 'as'],
  ['By whose word', 'word'],
  ['From, until', 'long-when'],
  ['Decision', 'decide'],
])

/** One page with all in it, to be printed and signed. */
export const reviewHtml = (): ReviewFormat => {
  let isAccepting = false
  return {
    head: async (head) => {
      const title = `Review of access, ${onOneLine(head.span.name)}`
      const isRight = head.state.faultCount === 0 && head.state.misindexed === 0
      const lines = stateLines(head).map((line) => html`<div>${line}</div>`)
      return (
        pageOpens(await text(html`<title>${title} · Curfew</title>`)) +
        (await text(html`<h1>${title}</h1>`)) +
        (await text(html`<div class="${isRight ? 'act' : 'wrong'}">${lines}</div>`))
      )
    },
    entitlement: function* ({ resource, entitlement, count, rows }) {
      if (count === 0) return
      yield text(html`<h2>${onOneLine(`${resource} ${entitlement}`)}</h2>`)
      yield heldHeads
      for (const row of rows) yield text(heldRow(row))
      yield tableCloses
    },
    accepted: async (one) => {
      const begins = isAccepting ? '' : `<h2>Outside any grant, accepted by an admin</h2>\n${acceptedHeads}`
      isAccepting = true
      return begins + (await text(acceptedRow(one)))
    },
    end: async (totals) => (isAccepting ? tableCloses : '') + (await text(ending(totals))) + pageCloses,
  }
}

const text = async (part: Html): Promise<string> => `${String(await part)}\n`

const heldRow = (row: ReviewRow): Html =>
  html`<tr>
    <td>
      ${named(row.person)}
      <p class="small">
        as ${row.principals.map(onOneLine).join(', ') || 'nobody'} on ${row.systems.map(onOneLine).join(', ')}
      </p>
    </td>
    <td>${row.ways.join(', ')}${row.isStatic ? html`<p class="small">had it without Curfew too</p>` : ''}</td>
    <td>
      ${row.times === 1 ? 'once' : `${row.times} times`}, ${lengthWords(row.totalMs)}
      ${row.times === 1 ? '' : html`<p class="small">longest ${lengthWords(row.longestMs)}</p>`}
    </td>
    <td>
      ${at(row.firstAt)}
      <div>${row.lastUntil === null ? 'held still' : `to ${at(row.lastUntil)}`}</div>
    </td>
    <td>${few(row.approvedBy, row.more.approvedBy)}</td>
    <td>
      ${few(row.reasons, row.more.reasons)}
      ${row.unproven === 0 ? '' : html`<p class="said">NOT AS RECORDED</p>`}
      ${row.lacksKeys.length === 0 ? '' : html`<p class="said">CANNOT BE TOLD: no key ${row.lacksKeys.join(', ')}</p>`}
      ${row.ofBefore === 0 ? '' : html`<p class="said">since before the record begins</p>`}
    </td>
    <td>${row.usage}</td>
    ${decision}
  </tr>`

const few = (some: readonly string[], more: number): Html =>
  html`${some.map((one) => html`<p>${why(one)}</p>`)}${more > 0 ? html`<p class="small">and ${more} more</p>` : ''}`

const decision = html`<td class="decide">
  <span><i class="box"></i>keep</span><span><i class="box"></i>remove</span>
</td>`

const acceptedRow = (one: AcceptedAccess): Html =>
  html`<tr>
    <td>${onOneLine(one.canonical)} on ${onOneLine(one.system)}</td>
    <td>${onOneLine(one.principal)}</td>
    <td>${onOneLine(one.by)}</td>
    <td>
      ${at(one.at)} – ${at(one.until)}
      ${one.bornOut === 'no' ? html`<p class="said">NOT AS RECORDED</p>` : ''}
      ${one.bornOut === 'before' ? html`<p class="said">since before the record begins</p>` : ''}
    </td>
    ${decision}
  </tr>`

const ending = ({ rows, unproven, unreadable, unheld, isCut }: ReviewTotals): Html => html`
  ${unheld.length === 0 ? '' : html`<h2>${isCut ? mayBeUnheld : 'Held by nobody in that time'}</h2>`}
  <p>${unheld.map(({ resource, entitlement }) => onOneLine(`${resource} ${entitlement}`)).join(', ')}</p>
  <h2>Decided by</h2>
  <p>
    ${rows} rows. “Never used” is said only where giving makes a secret, and it was never made; of all other
    use Curfew knows nothing.
  </p>
  ${unproven === 0 ? '' : html`<p class="wrong">Of ${unproven} grants ${unprovenWords}</p>`}
  ${unreadable === 0 ? '' : html`<p class="wrong">NOT WHOLE: ${unreadableWords(unreadable)}</p>`}
  <div class="sign">
    <span>Name</span><span>Signature</span><span>Date</span><span>Name</span><span>Signature</span
    ><span>Date</span>
  </div>
`

const mayBeUnheld = 'By whom this was held cannot be told: what was recorded of that time was removed in part'

const unprovenWords = 'the record says something else, or was changed: curfew audit verify'
