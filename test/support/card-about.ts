import type { CardAbout } from '../../src/slack/deciding/card.ts'

/** What is known of Riley, a guest who asks for the first time. */
export const aCardAbout = (about: Partial<CardAbout> = {}): CardAbout => ({
  approvers: [],
  next: null,
  notes: null,
  voided: [],
  principal: 'riley',
  isGuest: true,
  zone: 'Europe/Berlin',
  earlier: { approved: 0, of: 0 },
  confirm: false,
  windows: [],
  ...about,
})
