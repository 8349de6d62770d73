const privateKeyLine = /^[ \t]*PrivateKey[ \t]*=.*$/gim

/** A WireGuard configuration with this private key in its place; null where it is none. */
export function withPrivateKey(file: string, privateKey: string): string | null {
  const places = file.match(privateKeyLine)?.length ?? 0
  if (places !== 1 || !/^\[Interface\]/m.test(file) || !/^\[Peer\]/m.test(file)) return null
  return file.replace(privateKeyLine, () => `PrivateKey = ${privateKey}`)
}
