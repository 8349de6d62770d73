import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

const argument = z.string().refine((text) => !text.includes('\0'), 'must hold no NUL')

export const commandSettings = z.strictObject({
  /** The program and its arguments, as they are: no shell reads them. */
  run: z
    .array(argument)
    .min(1, 'must name a program')
    .refine(([path = '']) => isAbsolute(path), 'must begin with the absolute path of a program'),
  /**
   * All that the program finds in its environment, beside a plain PATH and LANG. Whoever edits a catalog shall not say what
   * an opened program is: `BASH_ENV`, `NODE_OPTIONS`, `PERL5OPT`, `PYTHONPATH`, `LD_PRELOAD` and many more have code run in
   * it. Nothing that runs programs reads a name of ours.
   */
  env: z
    .record(
      z
        .string()
        .regex(
          /^CURFEW_[A-Za-z0-9_]+$/,
          'must be the name of a variable that begins with CURFEW_: others may have the program run what is not the program',
        ),
      secret,
    )
    .default({}),
  /** How many of it may run at once. */
  atOnce: z.int().min(1).max(64).default(8),
  lag,
  /** Whoever kills a program does not call back what it had begun elsewhere: as long as most servers take at most. */
  late: late.default(30_000),
})

export type CommandSettings = z.infer<typeof commandSettings>
