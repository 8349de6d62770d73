import { html, raw } from 'hono/html'
import { createHash } from 'node:crypto'
import { passkeyScript, script } from './page-scripts.ts'
import { style } from './page-style.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The one style and the scripts that a page may have. */
export const allowed = { style: hashOf(style), scripts: [hashOf(script), hashOf(passkeyScript)] }

export type Html = ReturnType<typeof html>

interface Extras {
  readonly hasPasskeys?: boolean
  /** Where the browser goes on to by itself. */
  readonly goesTo?: string
}

/** A whole page; `title` and what stands in `body` are escaped by `html`. */
export const page = (
  title: string,
  body: Html | readonly Html[],
  { hasPasskeys = false, goesTo }: Extras = {},
): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${goesTo === undefined ? '' : html`<meta http-equiv="refresh" content="0;url=${goesTo}" />`}
        <title>${title} · Curfew</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
        ${raw(`<script>${script}</script>`)} ${hasPasskeys ? raw(`<script>${passkeyScript}</script>`) : ''}
      </body>
    </html>`

export const sentence = (words: string): Html => html`<p>${words}</p>`

/** As UTC; where there is script, by the clock of whoever looks. */
export const instant = (at: Date): Html => html`<time datetime="${at.toISOString()}">${utc(at)}</time>`

export const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
