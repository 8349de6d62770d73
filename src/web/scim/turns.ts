/** Done when the work is: lets in the next who waits. */
type Leave = () => void

interface Room {
  inside: number
  readonly waiting: (() => void)[]
}

/**
 * So many requests of one source at a time, the others in the order they came: what arrives faster than it can be done
 * waits. Null: too many wait already, or it waited too long.
 */
export function turns({
  atOnce,
  mostWaiting,
  longestMs,
}: {
  atOnce: number
  mostWaiting: number
  longestMs: number
}) {
  const rooms = new Map<string, Room>()

  return async (source: string): Promise<Leave | null> => {
    const room = rooms.get(source) ?? { inside: 0, waiting: [] }
    rooms.set(source, room)
    const leave = (): void => {
      const next = room.waiting.shift()
      // Whoever waited takes the place over.
      if (next !== undefined) next()
      else room.inside -= 1
    }
    if (room.inside < atOnce) {
      room.inside += 1
      return leave
    }
    if (room.waiting.length >= mostWaiting) return null
    return new Promise((resolve) => {
      const enter = (): void => {
        clearTimeout(timer)
        resolve(leave)
      }
      const timer = setTimeout(() => {
        room.waiting.splice(room.waiting.indexOf(enter), 1)
        resolve(null)
      }, longestMs)
      room.waiting.push(enter)
    })
  }
}
