import type { Kept } from './kept.ts'
import { badRequest } from './status.ts'

/** Equality and existence, as `labelSelector` writes them. */
export function byLabels(selector: string): (object: Kept) => boolean {
  const terms = selector === '' ? [] : selector.split(',').map(term)
  return ({ metadata: { labels = {} } }) => terms.every((isMet) => isMet(labels))
}

function term(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const [, isNot, only] = /^(!?)([\w./-]+)$/.exec(text) ?? []
  if (only !== undefined) return (labels) => (labels[only] === undefined) === (isNot === '!')
  const [, key, operator, value] = /^([\w./-]+)(!=|==?)([\w.-]*)$/.exec(text) ?? []
  if (key === undefined || value === undefined) throw badRequest(`unable to parse requirement: ${text}`)
  return (labels) => (labels[key] === value) === (operator !== '!=')
}

/** The two fields by which every kind can be selected. */
export function byFields(selector: string): (object: Kept) => boolean {
  const terms = selector === '' ? [] : selector.split(',').map(fieldTerm)
  return (object) => terms.every(({ field, value, isNot }) => (object.metadata[field] === value) !== isNot)
}

function fieldTerm(text: string): { field: 'name' | 'namespace'; value: string; isNot: boolean } {
  const [, path = text, operator, value = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(text) ?? []
  const field = path === 'metadata.name' ? 'name' : path === 'metadata.namespace' ? 'namespace' : null
  if (field === null) throw badRequest(`field label not supported: ${path}`)
  return { field, value, isNot: operator === '!=' }
}
