import type { Page } from 'playwright-core'

/** Gives this page a device of its own to confirm with, as a laptop's fingerprint reader or a phone is. */
export async function aPasskeyDevice(page: Page, about: Record<string, unknown> = {}) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...about,
    },
  })
  return { devtools, authenticatorId }
}
