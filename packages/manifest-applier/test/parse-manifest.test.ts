import { parseManifest } from "@tenure/manifest-applier";
import { describe, expect, test } from "vitest";

function parse(text: string | Uint8Array) {
  return parseManifest(typeof text === "string" ? new TextEncoder().encode(text) : text, "stack/file.yaml");
}

const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n";

function readValue(text: string): unknown {
  const { objects, errors } = parse(`${head}value: ${text}\n`);
  expect(errors).toEqual([]);
  return objects[0]?.object.value;
}

describe("values are read as kubectl reads them", () => {
  test.each([
    ["0644", 420],
    ["0o644", 420],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["-7", -7],
    ["+7", 7],
    ["089", 89],
    ["1e3", 1000],
    [".5", 0.5],
    ["1.", 1],
    ["yes", true],
    ["on", true],
    ["y", true],
    ["True", true],
    ["no", false],
    ["off", false],
    ["n", false],
    ["~", null],
    ["null", null],
    ["", null],
    ["12:30:45", "12:30:45"],
    ["2024-01-01", "2024-01-01"],
    ["1.2.3", "1.2.3"],
    ["v1", "v1"],
    ["yess", "yess"],
    ["'0644'", "0644"],
    ['"yes"', "yes"],
  ])("%s", (text, value) => {
    expect(readValue(text)).toEqual(value);
  });

  test("a merge key merges", () => {
    const { objects } = parse(`${head}base: &base { a: 1, b: 2 }\nvalue:\n  <<: *base\n  b: 3\n`);
    expect(objects[0]?.object.value).toEqual({ a: 1, b: 3 });
  });
});

describe("documents", () => {
  test("several in one file, empty ones left out, each with its line", () => {
    const { objects, errors } = parse(`---\n# nothing\n---\n${head}---\n${head.replace("name: a", "name: b")}`);
    expect(errors).toEqual([]);
    expect(objects.map(({ object, origin }) => [object.metadata.name, origin.line])).toEqual([
      ["a", 4],
      ["b", 8],
    ]);
  });

  test("a List is taken apart, each item with its line", () => {
    const items = ["a", "b"].map((name) => `- apiVersion: v1\n  kind: ConfigMap\n  metadata: { name: ${name} }\n`);
    const { objects } = parse(`apiVersion: v1\nkind: List\nitems:\n${items.join("")}`);
    expect(objects.map(({ object, origin }) => [object.metadata.name, origin.line])).toEqual([
      ["a", 4],
      ["b", 7],
    ]);
  });

  test("JSON is read", () => {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { on: "yes" } };
    expect(parse(JSON.stringify(object)).objects[0]?.object).toEqual(object);
  });

  test("a separator inside of a block scalar belongs to it", () => {
    const { objects } = parse(`${head}data:\n  a: |\n    one\n    ---\n    two\n`);
    expect(objects).toHaveLength(1);
    expect(objects[0]?.object.data).toEqual({ a: "one\n---\ntwo\n" });
  });
});

describe("mistakes are named with their place", () => {
  test.each([
    ["a duplicate key", `${head}data:\n  a: 1\n  a: 2\n`, "MANIFEST_DUPLICATE_KEY", 6],
    ["broken YAML", `${head}data: [a\n`, "MANIFEST_SYNTAX", undefined],
    ["no kind", "apiVersion: v1\nmetadata: { name: a }\n", "MANIFEST_NO_KIND", 1],
    ["no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "MANIFEST_NO_NAME", 1],
    ["a name that is a number", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: 12 }\n", "MANIFEST_NO_NAME", 1],
    ["generateName", "apiVersion: v1\nkind: Pod\nmetadata: { generateName: a- }\n", "MANIFEST_NO_NAME", 1],
    ["a list at the top", `${head}---\n- a\n`, "MANIFEST_NOT_AN_OBJECT", 5],
    ["an alias to nothing", `${head}data: *nowhere\n`, "MANIFEST_SYNTAX", undefined],
    ["NUL", `${head}data: "\0"\n`, "MANIFEST_NOT_UTF8", undefined],
  ])("%s", (_, text, code, line) => {
    const [error] = parse(text).errors;
    expect(error?.code).toBe(code);
    expect(error?.file).toBe("stack/file.yaml");
    expect(error?.remedy).not.toBe("");
    if (line !== undefined) expect(error?.line).toBe(line);
  });

  test("bytes that are not UTF-8", () => {
    expect(parse(new Uint8Array([0xff, 0xfe, 0x00])).errors[0]?.code).toBe("MANIFEST_NOT_UTF8");
  });

  test("a bomb of aliases is refused", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(", ")}]`,
    );
    const { errors } = parse(`${head}l0: &l0 [x]\n${levels.join("\n")}\n`);
    expect(errors[0]?.code).toBe("MANIFEST_SYNTAX");
  });

  test("one bad document does not hide the mistakes of the others", () => {
    const { errors } = parse("kind: A\n---\nkind: B\n");
    expect(errors.map((error) => error.line)).toEqual([1, 3]);
  });
});
