/** How every page of ours looks: small, made here, and without anything from elsewhere. Colours differ by 4.5 : 1 and more. */
export const style = `
:root {
  color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  --ink: #1d1d1f; --quiet: #5a5c61; --ground: #f3f3f1; --sheet: #fff; --line: #dcdcda; --edge: #85878c;
  --act: #0b57a4; --on-act: #fff; --wrong: #a3160f
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #ececee; --quiet: #b3b5ba; --ground: #131416; --sheet: #1e2023; --line: #3a3d42; --edge: #8b8f96;
    --act: #8cc0f8; --on-act: #0c1d2f; --wrong: #ffa69c
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink) }
main {
  max-width: 32rem; margin: 8vh auto; padding: 2rem; background: var(--sheet); border: 1px solid var(--line);
  border-radius: .75rem; overflow-wrap: anywhere
}
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25 }
h2 { margin: 2rem 0 .5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.125rem }
p { margin: 0 0 1rem }
a { color: var(--act) }
form { margin: 1.5rem 0 }
label { display: block; margin-bottom: .375rem; font-weight: 600 }
input, textarea, button { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border-radius: .5rem; font: inherit }
input, textarea { border: 1px solid var(--edge); background: var(--sheet); color: inherit }
textarea { min-height: 8rem; font-family: monospace }
button { border: 1px solid var(--act); background: var(--act); color: var(--on-act); font-weight: 600; cursor: pointer }
input + button, label + button { margin-top: .75rem }
button.quiet { background: none; color: var(--act) }
button:disabled { opacity: .55; cursor: default }
:focus-visible { outline: .1875rem solid var(--act); outline-offset: .1875rem }
pre, .letters {
  display: block; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--ground);
  font: 1rem/1.6 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all
}
.act, .wrong { padding: .625rem .875rem; border-left: .25rem solid var(--act); background: var(--ground) }
.wrong { border-color: var(--wrong); color: var(--wrong) }
.small { color: var(--quiet); font-size: .9375rem }
.said { margin: .75rem 0 0; color: var(--wrong) }
.said:empty { margin: 0 }
.way + .way { padding-top: 1.5rem; border-top: 1px solid var(--line) }
.digits { font-size: 1.25rem; letter-spacing: .2em; font-variant-numeric: tabular-nums }
.own { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; margin: .75rem 0 }
.own button { width: auto }
.qr { width: 12rem; max-width: 100%; margin: 0 auto 1rem }
.qr svg { display: block; width: 100%; background: #fff; border-radius: .5rem }
.not-me { margin: 2rem 0 0; padding-top: 1.5rem; border-top: 1px solid var(--line) }
@media (max-width: 34rem) {
  body { background: var(--sheet) }
  main { margin: 0; padding: 1.5rem 1rem; border: 0 }
}
`
