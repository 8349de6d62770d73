/** What a page of Curfew answered with, after what it redirected to. */
export interface PageAnswer {
  readonly url: string
  readonly status: number
  readonly html: string
}

/** A browser of one's own, as far as Curfew's pages go: cookies, redirects and forms. */
export interface PageBrowser {
  opens(link: string): Promise<PageAnswer>
  /** Sends the form that leads there, as a browser does from that page. */
  sends(
    link: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>
}

interface Sent {
  readonly method: string
  readonly body?: URLSearchParams
  readonly headers?: Readonly<Record<string, string>>
}

/** `servedAt` is where pages named after `publicUrl` are reached, where that is elsewhere. */
export function aPageBrowser(publicUrl: string, servedAt = publicUrl): PageBrowser {
  const cookies = new Map<string, string>()
  const asked = async (link: string, init: Sent): Promise<PageAnswer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const response = await fetch(link.replace(publicUrl, servedAt), { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const to = response.headers.get('location')
    if (to !== null) return asked(new URL(to, link).href, { method: 'GET' })
    return { url: link, status: response.status, html: await response.text() }
  }
  return {
    opens: (link) => asked(link, { method: 'GET' }),
    sends: (link, fields, headers = {}) =>
      asked(link, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { origin: new URL(publicUrl).origin, 'sec-fetch-site': 'same-origin', ...headers },
      }),
  }
}

/** A page without its style, its scripts and its pictures. */
export const bare = (html: string): string => html.replace(/<(style|script|svg)\b[^]*?<\/\1>/g, '')

/** What people read on a page: without its marks, and its entities made plain. */
export const plain = (html: string): string =>
  bare(html)
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
