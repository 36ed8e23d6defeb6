import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { issueCertificate, keyPem } from "../src/certificate.ts";

const authority = issueCertificate({ commonName: "authority", usage: "authority" });

describe("certificates", () => {
  test("an authority signs itself, and what it issues is its own", () => {
    const ca = new X509Certificate(authority.certificate);
    const issued = issueCertificate({ commonName: "x", usage: "client" }, authority);
    const client = new X509Certificate(issued.certificate);
    expect(ca.ca).toBe(true);
    expect(client.ca).toBe(false);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(client.verify(ca.publicKey)).toBe(true);
    expect(client.checkIssued(ca)).toBe(true);
    expect(client.checkPrivateKey(issued.key)).toBe(true);
    const other = issueCertificate({ commonName: "authority", usage: "authority" });
    expect(client.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
  });

  test("are good for the hosts named and no others, for years", () => {
    const hosts = ["127.0.0.1", "::1", "fe80::1:2", "localhost", "10.96.0.1"];
    const { certificate } = issueCertificate({ commonName: "server", usage: "server", hosts }, authority);
    const server = new X509Certificate(certificate);
    for (const host of ["127.0.0.1", "::1", "fe80::1:2", "10.96.0.1"]) expect(server.checkIP(host)).toBe(host);
    expect(server.checkHost("localhost")).toBe("localhost");
    expect(server.checkIP("127.0.0.2")).toBeUndefined();
    expect(server.checkHost("example.org")).toBeUndefined();
    expect(server.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(server.validToDate.getTime()).toBeGreaterThan(Date.now() + 9 * 365 * 86_400_000);
  });

  test("carry the user's name and groups, however long and in whatever script", () => {
    const organizations = ["system:masters", "Größe", "g".repeat(200)];
    const { certificate } = issueCertificate({ commonName: "Ada", organizations, usage: "client" }, authority);
    expect(new X509Certificate(certificate).toLegacyObject().subject).toEqual({ O: organizations, CN: "Ada" });
  });

  test("make a mutual TLS connection whose both ends are verified", async () => {
    const server = issueCertificate({ commonName: "server", usage: "server", hosts: ["127.0.0.1"] }, authority);
    const client = issueCertificate({ commonName: "client", usage: "client" }, authority);
    const pair = ({ key, certificate }: typeof server) => ({ key: keyPem(key), cert: certificate });
    const ca = authority.certificate;
    const listener = createServer({ ...pair(server), ca, requestCert: true, rejectUnauthorized: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "secureConnection");
    const socket = connect({ ...pair(client), ca, host: "127.0.0.1", port: (listener.address() as AddressInfo).port });
    const [[peer]] = (await Promise.all([accepted, once(socket, "secureConnect")])) as [[TLSSocket], unknown];
    expect(socket.authorized).toBe(true);
    expect(peer.authorized).toBe(true);
    expect(peer.getPeerCertificate().subject.CN).toBe("client");
    socket.destroy();
    peer.destroy();
    listener.close();
  });
});
