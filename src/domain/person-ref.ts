import { z } from 'zod'

/** What is copied onto a grant, so that its history stays readable when people leave. */
export const personRef = z.object({
  id: z.string(),
  slack: z.object({ teamId: z.string(), userId: z.string() }),
  name: z.string(),
  email: z.string().nullable(),
  also: z.array(z.string()).readonly().optional(),
})
