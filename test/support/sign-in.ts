/** A browser of one's own, as far as signing in goes: cookies, redirects, one form. */
export interface SigningBrowser {
  /**
   * Opens where `begin` led, signs in there where it is asked to, and returns the address it is sent back to, not opened.
   * `as: null` presses Cancel.
   */
  goes(url: string, to: { as: string | null; backTo: string }): Promise<string>
  /** How often it was asked to sign in. */
  readonly asked: () => number
}

const mostHops = 20

export function aSigningBrowser(): SigningBrowser {
  const cookies = new Map<string, string>()
  let asked = 0
  const open = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      body: form === undefined ? null : new URLSearchParams(form),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return {
    asked: () => asked,
    goes: async (url, { as, backTo }) => {
      let at = url
      let response = await open(at)
      for (let hop = 0; hop < mostHops; hop += 1) {
        const location = response.headers.get('location')
        if (location === null) {
          if (!response.ok || !at.includes('/sign-in/'))
            throw new Error(`${response.status} at ${at}: ${await response.text()}`)
          asked += 1
          response = await open(at, as === null ? { cancel: 'yes' } : { account: as })
          continue
        }
        at = new URL(location, at).href
        if (at.startsWith(backTo)) return at
        response = await open(at)
      }
      throw new Error('it was sent around without an end')
    },
  }
}
