import { createHash } from 'node:crypto';

const magic = 0xfeedfeed;
const trustedCertificate = 2;

/**
 * A Java key store (JKS) of trusted certificates with all its dates set to `dateMs` (milliseconds since 1970).
 *
 * Debian's ca-certificates-java dates every certificate with the moment of the installation: the only thing in a Java
 * image that two builds do not share. Anything that is not such a store is returned as it is.
 */
export function withFixedDates(store: Buffer, dateMs: number): Buffer {
  if (store.length < 32 || store.readUInt32BE(0) !== magic || store.readUInt32BE(4) !== 2) return store;
  const result = Buffer.from(store);
  const end = store.length - 20; // a SHA-1 follows
  let at = 12;
  for (let left = store.readUInt32BE(8); left > 0; left--) {
    if (store.readUInt32BE(at) !== trustedCertificate) return store;
    at += 4;
    at += 2 + store.readUInt16BE(at); // alias
    result.writeBigUInt64BE(BigInt(dateMs), at);
    at += 8;
    at += 2 + store.readUInt16BE(at); // certificate type
    at += 4 + store.readUInt32BE(at); // certificate
    if (at > end) return store;
  }
  if (at !== end) return store;
  checksum(result.subarray(0, end)).copy(result, end);
  return result;
}

/** JKS's own keyed hash; the password is the one that every Debian and every JDK uses for this public file. */
function checksum(data: Buffer): Buffer {
  const password = Buffer.from('changeit', 'utf16le').swap16();
  return createHash('sha1').update(password).update('Mighty Aphrodite').update(data).digest();
}
