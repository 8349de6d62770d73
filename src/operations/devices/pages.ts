import type { Device } from '../../domain/devices/device.ts'

/** All of them, a page at a time: each is read from the id after the last one of the page before. */
export async function* pagesOf(
  read: (after: string | null) => Promise<readonly Device[]>,
): AsyncGenerator<readonly Device[]> {
  let after: string | null = null
  for (;;) {
    const page: readonly Device[] = await read(after)
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.id
  }
}
