import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";

/**
 * X.509 certificates (RFC 5280) for a cluster that lives on one machine. Node reads certificates and cannot write them,
 * so the few ASN.1 types they need are encoded here (DER, ITU-T X.690). Keys are on P-256: made in under a millisecond.
 */
export interface KeyAndCertificate {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads these as the groups of a user. */
  readonly organizations?: readonly string[];
  readonly usage: "authority" | "server" | "client";
  /** DNS names and IP addresses that a server's certificate is good for. */
  readonly hosts?: readonly string[];
}

/** From an hour ago, so that a clock that was set back finds it valid, for ten years: a data folder may be kept. */
const validFor = { hoursBefore: 1, years: 10 };

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content);
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const yes = der(0x01, Buffer.from([0xff]));

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (let value of rest) {
    const septets = [value & 0x7f];
    for (value = value >>> 7; value > 0; value = value >>> 7) septets.unshift((value & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(0x06, Buffer.from(bytes));
}

/** RFC 5280 wants UTCTime up to 2049 and GeneralizedTime after it. */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

function name(request: Pick<CertificateRequest, "commonName" | "organizations">): Buffer {
  const attribute = (oid: string, value: string): Buffer =>
    der(0x31, sequence(objectIdentifier(oid), der(0x0c, Buffer.from(value))));
  return sequence(
    ...(request.organizations ?? []).map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", request.commonName),
  );
}

function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from(host.split(".").map(Number));
  const [head = "", tail] = host.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function generalName(host: string): Buffer {
  return isIPv4(host) || isIPv6(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host, "ascii"));
}

function publicKeyDer(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the public key's bits, which are the last 65 bytes of a P-256 SubjectPublicKeyInfo. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha1").update(publicKeyDer(key).subarray(-65)).digest();
}

function extensions(request: CertificateRequest, subjectKey: KeyObject, issuerKey: KeyObject): Buffer {
  const extension = (oid: string, critical: boolean, value: Buffer): Buffer =>
    sequence(objectIdentifier(oid), ...(critical ? [yes] : []), octets(value));
  const authority = request.usage === "authority";
  const list = [
    extension("2.5.29.19", true, authority ? sequence(yes) : sequence()),
    // keyCertSign and cRLSign, or digitalSignature. Bit 0 is the highest bit of the first byte.
    extension("2.5.29.15", true, authority ? bits(Buffer.from([0b0000_0110]), 1) : bits(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.14", false, octets(keyIdentifier(subjectKey))),
    extension("2.5.29.35", false, sequence(der(0x80, keyIdentifier(issuerKey)))),
  ];
  if (!authority) {
    const purpose = request.usage === "server" ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2";
    list.push(extension("2.5.29.37", false, sequence(objectIdentifier(purpose))));
  }
  if (request.hosts !== undefined && request.hosts.length > 0) {
    list.push(extension("2.5.29.17", false, sequence(...request.hosts.map(generalName))));
  }
  return der(0xa3, sequence(...list));
}

const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** A new key on P-256. */
export function generateKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** PKCS #8 in PEM, which Go, OpenSSL and Node read alike. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A certificate for a new key, signed by `issuer`, or by itself where that is left out. */
export function issueCertificate(request: CertificateRequest, issuer?: KeyAndCertificate): KeyAndCertificate {
  const key = generateKey();
  const signingKey = issuer?.key ?? key;
  const issuerName = issuer === undefined ? name(request) : subjectOf(new X509Certificate(issuer.certificate).raw);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40; // positive, and no leading zero byte, as DER wants it
  const now = Date.now();
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + validFor.years);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    ecdsaWithSha256,
    issuerName,
    sequence(time(new Date(now - validFor.hoursBefore * 3_600_000)), time(until)),
    name(request),
    publicKeyDer(key),
    extensions(request, key, signingKey),
  );
  const certificate = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, signingKey)));
  return { key, certificate: new X509Certificate(certificate).toString() };
}

/** The subject's name in a certificate, byte for byte: the sixth field of its body. */
function subjectOf(certificate: Buffer): Buffer {
  const field = (at: number): { start: number; end: number } => {
    const short = certificate[at + 1]!;
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    const length = lengthBytes === 0 ? short : certificate.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    return { start, end: start + length };
  };
  let at = field(field(0).start).start;
  for (let skipped = 0; skipped < 5; skipped += 1) at = field(at).end;
  return certificate.subarray(at, field(at).end);
}
