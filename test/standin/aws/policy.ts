import { z } from 'zod'
import { Refusal } from './refusal.ts'

export const statementSchema = z.strictObject({
  Effect: z.literal('Allow'),
  Action: z.array(z.string()),
  Resource: z.array(z.string()),
})

export type Statement = z.infer<typeof statementSchema>

const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[^\w]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(text)

/** Refuses what no statement allows for each of the resources that it concerns. */
export function need(
  { arn, statements }: { readonly arn: string; readonly statements: readonly Statement[] },
  action: string,
  resources: readonly string[],
): void {
  for (const resource of resources) {
    const isAllowed = statements.some(
      ({ Action, Resource }) =>
        Action.some((pattern) => matches(pattern, action)) &&
        Resource.some((pattern) => matches(pattern, resource)),
    )
    if (isAllowed) continue
    throw new Refusal(
      'AccessDeniedException',
      `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`,
    )
  }
}
