import { readFileSync } from 'node:fs'

/*
 * What the results of jest say, given as pairs of a file and the exit code of what wrote it: which tests passed only when
 * tried again, and last the line "N passed, N failed". A run that fails without a failed test is a failure.
 */

const args = process.argv.slice(2)
const sums = { passed: 0, failed: 0, skipped: 0 }
const retried = []
for (let i = 0; i < args.length; i += 2) {
  const [file, code] = [args[i], args[i + 1]]
  let result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] }
  try {
    result = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    console.log(`no result of the tests in ${file}`)
  }
  const suites = result.testResults
  const broken = suites.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = result.numFailedTests + broken.length
  sums.passed += result.numPassedTests
  sums.failed += failed || (code === '0' ? 0 : 1)
  sums.skipped += result.numPendingTests
  for (const { name, assertionResults } of suites)
    for (const { fullName, invocations, status } of assertionResults)
      if (invocations > 1)
        retried.push(`${name.replace(`${process.cwd()}/`, '')}: ${fullName} (try ${invocations}: ${status})`)
}
console.log(
  retried.length === 0
    ? 'No test had to be tried again.'
    : [`Tried again: ${retried.length}. Each is a defect of the test or of what it tests:`, ...retried].join(
        '\n  ',
      ),
)
if (sums.skipped > 0) console.log(`${sums.skipped} were not tried, as their names say why`)
console.log(`${sums.passed} passed, ${sums.failed} failed`)
process.exitCode = sums.failed > 0 ? 1 : 0
