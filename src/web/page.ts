import { html, raw } from 'hono/html'
import { createHash } from 'node:crypto'

/** How every page of ours looks: small, made here, and without anything from elsewhere. */
const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 10vh auto; padding: 0 1rem }
pre { padding: 1rem; border: 1px solid; border-radius: .3rem; white-space: pre-wrap; word-break: break-all; user-select: all }
textarea { width: 100%; min-height: 8rem; font-family: monospace; box-sizing: border-box }
button { font: inherit; padding: .5rem 1rem; margin-top: 1rem }
input { font: inherit; padding: .4rem; max-width: 100%; box-sizing: border-box }
form { margin: 1.5rem 0 }
label { display: block }
svg { max-width: 100%; background: #fff; color: #000 }
.wrong { border-left: .3rem solid; padding-left: .7rem }
`

/** A second click would show the answer to the second, which has nothing to show. */
const script = `for (const form of document.forms)
  form.addEventListener('submit', () => (form.querySelector('button').disabled = true))`

/**
 * Asks the browser for a passkey and sends what it signed. The options stand in the page: some browsers forget the click
 * while something is fetched.
 */
const passkeyScript = `{
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
const text = (some) => some && btoa(String.fromCharCode(...new Uint8Array(some))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
const known = (some) => (some ?? []).map((one) => ({ ...one, id: bytes(one.id) }))
const asked = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user
    ? { user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: known(options.excludeCredentials) }
    : { allowCredentials: known(options.allowCredentials) }),
})
const written = ({ id, rawId, type, response }) => JSON.stringify({
  id,
  rawId: text(rawId),
  type,
  clientExtensionResults: {},
  response: {
    clientDataJSON: text(response.clientDataJSON),
    ...(response.attestationObject
      ? { attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
      : {
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: text(response.userHandle) ?? undefined,
        }),
  },
})
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const said = form.querySelector('[role=alert]')
  if (!window.PublicKeyCredential) said.textContent = 'This browser has no passkeys: open the page in another one.'
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const publicKey = asked(JSON.parse(form.dataset.passkey))
    try {
      const made = await (publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }))
      form.elements.body.value = written(made)
      form.submit()
    } catch {
      said.textContent = 'Your device did not confirm. Press once more, or take another way.'
      form.querySelector('button').disabled = false
    }
  })
}
}`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The one style and the scripts that a page may have. */
export const allowed = { style: hashOf(style), scripts: [hashOf(script), hashOf(passkeyScript)] }

export type Html = ReturnType<typeof html>

/** A whole page; `title` and what stands in `body` are escaped by `html`. */
export const page = (
  title: string,
  body: Html | readonly Html[],
  { hasPasskeys = false }: { hasPasskeys?: boolean } = {},
): Html =>
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
        ${hasPasskeys ? raw(`<script>${passkeyScript}</script>`) : ''}
      </body>
    </html>`

export const sentence = (words: string): Html => html`<p>${words}</p>`
