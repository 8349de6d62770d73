/**
 * As `work` settles where that is within `ms`, else rejects with what `late` makes; the work goes on all the same, and
 * nobody hears of it any more. Unlike p-timeout it makes no error, stack and all, of what is in time.
 */
export async function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const isLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([work, isLate])
  } finally {
    clearTimeout(timer)
  }
}
