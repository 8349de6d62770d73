// Preloaded into processes that a script starts: whoever kills the script, even by SIGKILL, ends them too.
process.on('disconnect', () => process.exit(1))
process.channel?.unref()
