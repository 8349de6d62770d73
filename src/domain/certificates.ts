import { X509Certificate } from 'node:crypto'

/** To the end of what is no whole one too: half a certificate is none. */
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?(?:-----END CERTIFICATE-----|$)/g

/** One or more in PEM, each of which can be read. */
export function areCertificates(pem: string): boolean {
  const all = pem.match(certificate) ?? []
  return all.length > 0 && all.every(isCertificate)
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}
