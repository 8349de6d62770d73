// Preloaded into a process that is measured: answers its parent's 'memory' with what Node says of it.
process.on('message', (message) => {
  if (message === 'memory') process.send?.({ memory: process.memoryUsage() })
})
process.channel?.unref()
