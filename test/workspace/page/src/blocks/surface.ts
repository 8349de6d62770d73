import { createContext } from 'preact'
import { useContext, useState } from 'preact/hooks'
import type { PlacedBlock, PlacedElement } from '../../../blocks/controls.ts'
import type { InputValue, StateValues } from '../../../state/inputs.ts'
import type { ActWhere, Answered } from '../../../practice/protocol.ts'
import { outcomeWords, useSide, wordsOf } from '../side-of.ts'

/** What blocks stand on: a message, a modal or a Home tab. */
export interface Surface {
  where: ActWhere
  /** What was entered, where the server keeps it: views. */
  values: StateValues
  /** By block_id. */
  errors: Readonly<Record<string, string>>
}

export const SurfaceContext = createContext<Surface | null>(null)

export function useSurface(): Surface {
  const surface = useContext(SurfaceContext)
  if (!surface) throw new Error('blocks stand on no surface')
  return surface
}

export type ElementOf<T extends PlacedElement['type']> = Extract<PlacedElement, { type: T }>
export type BlockOf<T extends PlacedBlock['type']> = Extract<PlacedBlock, { type: T }>

/** How an element is used: its value, whether the app is being asked, and what went wrong. */
export interface Use {
  blockId: string
  actionId: string
  /** Names the field for those who do not see it. */
  labelledBy?: string
  describedBy?: string
}

/** Pressing a button: busy until the app has answered. */
export function usePress({ blockId, actionId }: Use) {
  const { where } = useSurface()
  const { act, live } = useSide()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const press = async (option?: string) => {
    setBusy(true)
    setProblem(null)
    try {
      const answer = await act({
        do: 'press',
        where,
        blockId,
        actionId,
        ...(option !== undefined && { option }),
      })
      setProblem(problemOf(answer, live.get('workspace', 'it')?.appName ?? 'The app'))
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusy(false)
  }
  return { isBusy, problem, press }
}

/** Entering something; the page shows it at once, the server keeps it. */
export function useEntry({ blockId, actionId }: Use) {
  const { where, values } = useSurface()
  const { act, live, notice } = useSide()
  const [own, setOwn] = useState<readonly string[] | null>(null)
  const held: InputValue | undefined = values[blockId]?.[actionId]
  const enter = (entry: readonly string[], { isEnterKey = false } = {}) => {
    setOwn(entry)
    act({ do: 'enter', where, blockId, actionId, entry: [...entry], isEnterKey }).then(
      (answer) => {
        const problem = problemOf(answer, live.get('workspace', 'it')?.appName ?? 'The app')
        if (problem !== null) notice(problem)
      },
      (error: unknown) => notice(wordsOf(error)),
    )
  }
  /** `own`: entered here, and on messages known here alone. */
  return { held, own, enter }
}

const problemOf = (answer: Answered, appName: string): string | null => outcomeWords(answer.outcome, appName)
