import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'

/** The browser that pressed "Sign in", by a cookie that no other has: a link that was sent on confirms nothing. */

const name = 'curfew-confirm'
const kept = z.object({ token: z.string().min(1), browser: z.string().min(1) })

/** Remembers what it signs in for; what is returned is the browser's secret. */
export function rememberIn(context: Context, token: string): string {
  const browser = randomBytes(32).toString('base64url')
  setCookie(context, name, `${token}.${browser}`, {
    prefix: 'host',
    secure: true,
    httpOnly: true,
    // It comes back from elsewhere, by GET.
    sameSite: 'Lax',
    path: '/',
    maxAge: 300,
  })
  return browser
}

/** Null where this browser did not leave from here. */
export function rememberedIn(context: Context): z.output<typeof kept> | null {
  const [token, browser] = (getCookie(context, name, 'host') ?? '').split('.')
  return kept.safeParse({ token, browser }).data ?? null
}

export const forgetIn = (context: Context): void => {
  deleteCookie(context, name, { prefix: 'host', secure: true, path: '/' })
}
