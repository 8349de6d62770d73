import { asksOf, bodyFrom } from '../../reporter/curfew-report.mjs'

type Platform = Parameters<typeof bodyFrom>[0]

const here = {
  release: '6.8.0-45-generic',
  hostname: 'riley-laptop',
  hasSession: true,
  desktop: 'ubuntu:GNOME',
}

export const said = (out: string, { code = 0, err = '' } = {}) => ({ code, out, err })

/** What would be reported where these commands say this, and all others are not there. */
export function reported(
  platform: Platform,
  answers: Readonly<Record<string, string | ReturnType<typeof said>>>,
  about: Partial<typeof here> = {},
) {
  const asked = Object.keys(asksOf(platform))
  for (const name of Object.keys(answers)) if (!asked.includes(name)) throw new Error(`${name} is not asked`)
  const all = asked.map((name) => {
    const answer = answers[name]
    return [name, typeof answer === 'string' ? said(answer) : (answer ?? null)] as const
  })
  return bodyFrom(platform, Object.fromEntries(all), { ...here, ...about })
}
