const paths = {
  hash: 'M8 3 6 21M16 3l-2 18M3.5 8.5h17M2.5 15.5h17',
  lock: 'M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11',
  bolt: 'M13 2.5 5 13.5h6l-1 8 8-11h-6z',
  send: 'M4 4.5 20.5 12 4 19.5l2.5-7.5zM6.5 12H13',
  close: 'm5 5 14 14M19 5 5 19',
  down: 'm6 9 6 6 6-6',
  back: 'm15 5-7 7 7 7',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  thread: 'M4 5h16v11H11l-5 4v-4H4z',
  menu: 'M4 6.5h16M4 12h16M4 17.5h16',
  columns: 'M3.5 5h17v14h-17zM12 5v14',
  single: 'M3.5 5h17v14h-17z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M5 19l1.7-1.7M17.3 6.7 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5',
  warning: 'M12 3.5 22 20.5H2zM12 10v5M12 17.8v.2',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  eye: 'M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12M12 9.2a2.8 2.8 0 1 0 0 5.600 2.8 2.8 0 0 0 0-5.600',
  key: 'M7.5 11a4.5 4.5 0 1 0 .01 9 4.5 4.5 0 0 0 0-9M11 12.5 20 3.5M16 7.5l3 3',
  out: 'M13 5h6v6M19 5l-9 9M10 6H5v13h13v-5',
  arrow: 'M4 12h15M13 6l6 6-6 6',
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)

/** The app's own picture: a door ajar. */
export const AppIcon = () => (
  <svg class="app-icon" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="app-icon-frame" d="M10 27V9a3 3 0 0 1 3-3h9v21M6.5 27h19" />
    <path class="app-icon-leaf" d="m10 27 8.5-3.5V11L10 7.8z" />
  </svg>
)
