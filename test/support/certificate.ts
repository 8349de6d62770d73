import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterThis } from '../workspace/support/a-workspace.ts'

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** Where the certificate is a file. */
  readonly path: string
}

/** One of its own authority, for this machine by its name. Its files are gone after the test. */
export async function aCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-certificate-'))
  afterThis(() => rm(folder, { recursive: true }))
  const [key, path] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const made = ['-keyout', key, '-out', path, '-subj', '/CN=localhost']
  const names = ['-addext', 'subjectAltName=DNS:localhost']
  await promisify(execFile)('openssl', ['req', '-x509', ...kind, ...made, ...names])
  return { key: await readFile(key, 'utf8'), cert: await readFile(path, 'utf8'), path }
}
