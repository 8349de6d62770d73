import { html, raw } from 'hono/html'
import { createHash } from 'node:crypto'

/** How every page of ours looks: small, made here, and without anything from elsewhere. */
const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 10vh auto; padding: 0 1rem }
pre { padding: 1rem; border: 1px solid; border-radius: .3rem; white-space: pre-wrap; word-break: break-all; user-select: all }
textarea { width: 100%; min-height: 8rem; font-family: monospace; box-sizing: border-box }
button { font: inherit; padding: .5rem 1rem; margin-top: 1rem }
.wrong { border-left: .3rem solid; padding-left: .7rem }
`

/** A second click would show the answer to the second, which has nothing to show. */
const script = `document.querySelector('form')?.addEventListener('submit', (event) => {
  event.target.querySelector('button').disabled = true
})`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The one style and the one script that a page may have. */
export const allowed = { style: hashOf(style), script: hashOf(script) }

export type Html = ReturnType<typeof html>

/** A whole page; `title` and what stands in `body` are escaped by `html`. */
export const page = (title: string, body: Html | readonly Html[]): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <h1>${title}</h1>
        ${body} ${raw(`<script>${script}</script>`)}
      </body>
    </html>`

export const sentence = (words: string): Html => html`<p>${words}</p>`
