/** Apart from the commands, so that each loads what it needs and no more. */

export const pruneUsage = `curfew audit prune        remove the oldest entries; a signed mark of where it begins is left behind
  --before INSTANT        what happened before then (2026-01-05T09:00Z)
  --archive FILE          write them there first, as \`export --format jsonl\` does`

export const auditUsage = `curfew audit verify       walk through the record of all that happened: is any of it changed, left out, moved or cut off?
  --checkpoints PLACE     also beside these, as they were kept where the database is not: a file, one a line, or s3://bucket/prefix
curfew audit export       write the record to the standard output
  --format FORMAT         jsonl (with what it takes to check it), csv (for spreadsheets), or cef or ocsf (for what
                          watches over a company)
  --since INSTANT         from then on (2026-01-05T09:00Z)
${pruneUsage}`
