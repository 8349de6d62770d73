/**
 * By which it is told whether two addresses are one: in small letters, of ASCII alone. Other letters have small ones that
 * are ASCII (the Kelvin sign's is k): by these one mailbox would be taken for another.
 */
export const emailKey = (address: string): string =>
  address.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
