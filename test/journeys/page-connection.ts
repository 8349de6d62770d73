import type { Page, WebSocketRoute } from 'playwright-core'

/** The page's own connection, in the test's hands. The page is loaded anew over it. */
export async function cuttable(page: Page) {
  let isCut = false
  let wholes = 0
  const open = new Set<WebSocketRoute>()
  await page.routeWebSocket(/\/live$/, (socket) => {
    if (isCut) {
      void socket.close()
      return
    }
    open.add(socket)
    const server = socket.connectToServer()
    server.onMessage((words) => {
      if (typeof words === 'string' && words.includes('"isWhole":true')) wholes += 1
      socket.send(words)
    })
  })
  await page.reload()
  await page.locator('.pane').first().waitFor()
  return {
    cut: () => {
      isCut = true
      for (const socket of open) void socket.close()
      open.clear()
    },
    mend: () => {
      isCut = false
    },
    /** How often the page was told everything rather than only what it had missed. */
    wholePictures: () => wholes,
  }
}
