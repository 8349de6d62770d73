/** Buttons that stand on the Home tab alone; the others are those of cards, DMs and pre-approvals. */
export const homeActions = { request: 'home_request', page: 'home_page' } as const
