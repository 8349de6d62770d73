/** Buttons that stand on the Home tab alone; all others are those of cards and DMs. */
export const homeActions = { request: 'home_request', page: 'home_page' } as const
