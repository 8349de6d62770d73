/** Buttons that stand on the Home tab alone; the others are those of cards, DMs and pre-approvals. */
export const homeActions = {
  request: 'home_request',
  lookUp: 'home_look_up',
  page: 'home_page',
} as const
