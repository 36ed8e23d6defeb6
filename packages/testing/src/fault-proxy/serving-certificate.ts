import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";

/** All in PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
  /** What clients must trust. Default: the certificate itself, which is its own authority then. */
  readonly authority?: string;
}

/**
 * A new certificate for 127.0.0.1, ::1 and localhost, signed by itself. Node reads certificates (RFC 5280) and cannot write
 * them, so this one is put together of its ASN.1 (DER). Its dates are fixed, so that no clock matters.
 */
export function selfSignedCertificate(commonName: string): ServingCertificate {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]); // positive
  const name = sequence(der(0x31, sequence(identifier("550403"), der(0x0c, Buffer.from(commonName)))));
  const ecdsaWithSha256 = sequence(identifier("2a8648ce3d040302"));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("491231235959Z"))),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions())),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  return {
    certificate: new X509Certificate(sequence(body, ecdsaWithSha256, signature)).toString(),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function extensions(): readonly Buffer[] {
  const extension = (oid: string, value: Buffer): Buffer => sequence(identifier(oid), der(0x04, value));
  const loopback = [
    der(0x82, Buffer.from("localhost")),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, Buffer.from([...new Array<number>(15).fill(0), 1])),
  ];
  return [
    extension("551d13", sequence(der(0x01, Buffer.from([0xff])))), // an authority: of itself
    extension("551d0f", der(0x03, Buffer.from([2, 0b1000_0100]))), // digitalSignature, keyCertSign
    extension("551d25", sequence(identifier("2b06010505070301"))), // for servers
    extension("551d11", sequence(...loopback)),
  ];
}

function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return der(0x30, ...content);
}

/** @param encoded the object identifier's content in hex. */
function identifier(encoded: string): Buffer {
  return der(0x06, Buffer.from(encoded, "hex"));
}
