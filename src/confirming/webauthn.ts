/** Loaded when it is first needed: it takes half a second, which no start and no command should wait for. */
export const webauthn = () => import('@simplewebauthn/server')
export const webauthnHelpers = () => import('@simplewebauthn/server/helpers')
