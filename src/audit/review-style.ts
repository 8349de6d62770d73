/** Beside the style of every page of ours: wide, and to be printed on A4 with its table's head on each sheet. */
export const reviewStyle = `
main { max-width: 80rem; margin: 4vh auto }
h2 { overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.4; table-layout: fixed }
thead { display: table-header-group }
th, td { padding: .5rem .5rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { border-bottom: 2px solid var(--edge); color: var(--quiet); font-weight: 600 }
tr { break-inside: avoid }
td p { margin: 0 }
td .small { font-size: .8125rem }
.box { display: inline-block; width: .875em; height: .875em; margin-right: .375em; border: 1.5px solid var(--ink); vertical-align: -.1em }
.decide { white-space: nowrap }
.decide span { display: block }
.w-who { width: 18% } .w-how { width: 9% } .w-long { width: 11% } .w-when { width: 13% }
.w-word { width: 15% } .w-used { width: 8% } .w-decide { width: 7rem }
.w-long-when { width: 22rem } .w-what { width: 25% }
.sign { display: grid; grid-template-columns: 2fr 2fr 1fr; gap: 3.5rem 2rem; margin-top: 4rem; break-inside: avoid }
.sign span { padding-top: .375rem; border-top: 1px solid var(--ink); color: var(--quiet); font-size: .875rem }
@page { size: A4 landscape; margin: 12mm }
@media print {
  :root {
    color-scheme: light; font-size: 10pt; --ink: #000; --quiet: #444; --ground: #fff; --sheet: #fff; --line: #bbb;
    --edge: #666; --act: #000; --wrong: #a3160f
  }
  body { background: none }
  main { max-width: none; margin: 0; padding: 0; border: 0 }
  h2 { break-after: avoid }
}
`
