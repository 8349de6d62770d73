/**
 * A second click would show the answer to the second, which has nothing to show. Come back to, a page is as it was left: it is
 * asked for anew. Instants are told by the clock of whoever looks.
 */
export const script = `for (const form of document.forms)
  form.addEventListener('submit', () => (form.querySelector('button').disabled = true))
addEventListener('pageshow', ({ persisted }) => persisted && location.replace(location.href))
for (const time of document.querySelectorAll('time'))
  time.textContent = new Date(time.dateTime).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })`

/**
 * Asks the browser for a passkey and sends what it signed. The options stand in the page: some browsers forget the click
 * while something is fetched. Why a device did not confirm no browser tells; that it has one already, it does.
 */
export const passkeyScript = `{
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
  const button = form.querySelector('button')
  button.disabled = !window.PublicKeyCredential
  said.textContent = button.disabled ? 'This browser has no passkeys: open the page in another one.' : ''
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    said.textContent = ''
    try {
      const publicKey = asked(JSON.parse(form.dataset.passkey))
      const made = await (publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }))
      form.elements.body.value = written(made)
      form.submit()
    } catch ({ name }) {
      said.textContent = name === 'InvalidStateError'
        ? 'This device has a passkey of yours already.'
        : 'Your device did not confirm. Press once more, or take another way.'
      button.disabled = false
    }
  })
}
}`
