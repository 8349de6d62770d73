import { ScimError } from './scim-error.ts'

const longest = 10_000
const mostNesting = 50
const mostTerms = 500

type Token = { readonly text: string; readonly isString: boolean }

const tokens = /\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s()[\]"]+))/gsy

/**
 * A filter with each string replaced by its number, as the parser reads no escapes, and with `emails[f].value eq x`
 * written as `emails[(f) and value eq x]`, as it takes what follows the brackets for a condition of its own. Throws for
 * one on which it would run out of stack.
 */
export function plainFilter(text: string): { plain: string; strings: readonly string[] } {
  if (text.length > longest) throw tooMuch(`more than ${longest} characters`)
  const found = tokensOf(text)
  const words = found.filter(({ isString }) => !isString).map((one) => one.text.toLowerCase())
  if (words.filter((one) => one === '(' || one === '[' || one === 'not').length > mostNesting)
    throw tooMuch(`more than ${mostNesting} brackets`)
  if (words.filter((one) => one === 'and' || one === 'or').length > mostTerms)
    throw tooMuch(`more than ${mostTerms} conditions`)
  const strings: string[] = []
  const plain: string[] = []
  let openedAt = -1
  for (let i = 0; i < found.length; i++) {
    const token = found[i]
    if (token === undefined) break
    if (token.isString) plain.push(`"${strings.push(unquoted(token.text)) - 1}"`)
    else if (token.text === ']' && openedAt >= 0 && found[i + 1]?.text.startsWith('.')) {
      const [sub, op, value] = found.slice(i + 1, i + 4)
      plain.splice(openedAt, 0, '(')
      plain.push(')', 'and', sub?.text.slice(1) ?? '', op?.text ?? '')
      i += 2
      if (op?.text.toLowerCase() !== 'pr') {
        if (value !== undefined)
          plain.push(value.isString ? `"${strings.push(unquoted(value.text)) - 1}"` : value.text)
        i += 1
      }
      plain.push(']')
    } else plain.push(token.text)
    if (!token.isString && token.text === '[') openedAt = plain.length
  }
  return { plain: plain.join(' '), strings }
}

function tokensOf(text: string): Token[] {
  const found: Token[] = []
  tokens.lastIndex = 0
  while (tokens.lastIndex < text.length) {
    const at = tokens.lastIndex
    const [, string, bracket, word] = tokens.exec(text) ?? []
    const one = string ?? bracket ?? word
    if (one !== undefined) found.push({ text: one, isString: string !== undefined })
    else if (text.slice(at).trim() === '') break
    else throw new ScimError(400, 'invalidFilter', 'A string in it does not end.')
  }
  return found
}

/** As JSON; of what is none, such as `"DOMAIN\user"`, just what stands there. */
function unquoted(literal: string): string {
  try {
    const value: unknown = JSON.parse(literal)
    if (typeof value === 'string') return value
  } catch {
    // Falls through: some providers write a backslash as it is.
  }
  return literal.slice(1, -1).replaceAll('\\"', '"')
}

const tooMuch = (what: string): ScimError => new ScimError(400, 'invalidFilter', `The filter has ${what}.`)
