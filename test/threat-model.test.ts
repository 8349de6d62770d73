import { existsSync, readFileSync } from 'node:fs'

/** `docs/threat-model.md` claims nothing that no test shows. */

const page = readFileSync('docs/threat-model.md', 'utf8')
const named = [...page.matchAll(/`(test\/[\w./-]+\.test\.ts)`: _(.+?)_(?= |$)/gm)].map(
  ([, file = '', name = '']) => ({
    file,
    name,
  }),
)

test('each test that is named on the page is there, by that name', () => {
  const missing = named.filter(({ file, name }) => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    // As the name of a test, not in a comment.
    return !["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))
  })
  expect(missing).toEqual([])
})

test('each limit that the page names is shown by a test, and each part says where it ends or that it does not', () => {
  const limits = page.split('\n').filter((line) => line.startsWith('- '))
  expect(limits.filter((line) => !/`test\/[\w./-]+\.test\.ts`: _.+_/.test(line))).toEqual([])
  expect(named.length).toBe([...page.matchAll(/test\/[\w./-]+\.test\.ts`:/g)].length)
  const parts = page.split(/^## /m).slice(1)
  expect(parts.filter((part) => !/^- |\*\*/m.test(part)).map((part) => part.split('\n')[0])).toEqual([])
})
