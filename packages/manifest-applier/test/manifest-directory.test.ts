import { cp, mkdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configMap, contentOf, DirectoryLab } from "./directory-lab.ts";

describe("a directory of manifests", () => {
  test("is read whole before it counts as started", async () => {
    await using lab = await DirectoryLab.start({
      "one/a.yaml": configMap("a"),
      "one/b.yml": configMap("b"),
      "two/c.json": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"value":"1"}}',
    });
    const { snapshot } = lab.scanned;
    expect([contentOf(snapshot, "one"), contentOf(snapshot, "two")]).toEqual(["a=1 b=1", "c=1"]);
    expect([snapshot.silent, snapshot.stacks.get("one")?.incomplete]).toEqual([undefined, false]);
  });

  test("a rename over a manifest, a new stack, and a removed one are seen", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a"), "gone/g.yaml": configMap("g") });
    await lab.write("one/a.yaml", configMap("a", "2"));
    await lab.until((snapshot) => contentOf(snapshot, "one") === "a=2");
    await lab.write("new/f.yaml", configMap("f"));
    await lab.until((snapshot) => contentOf(snapshot, "new") === "f=1");
    await rm(join(lab.root, "gone"), { recursive: true });
    const { removed } = await lab.until((snapshot) => !snapshot.stacks.has("gone"));
    expect([...removed]).toEqual(["gone"]);
    await lab.write("gone/g.yaml", configMap("g"));
    const back = await lab.until((snapshot) => snapshot.stacks.has("gone"));
    expect([...back.removed]).toEqual([]);
  });

  test("a file that does not parse keeps its last good objects, and says where it is wrong", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a"), "one/b.yaml": configMap("b") });
    await lab.write("one/a.yaml", "kind: [\n");
    await lab.write("one/b.yaml", configMap("b", "2"));
    const frozen = await lab.until(
      (snapshot) => contentOf(snapshot, "one") === "a=1 b=2" && (snapshot.stacks.get("one")?.errors.length ?? 0) > 0,
    );
    const stack = frozen.stacks.get("one");
    expect(stack?.errors[0]).toMatchObject({ code: "MANIFEST_SYNTAX", file: "one/a.yaml" });
    expect(stack?.files).toMatchObject([{ file: "one/a.yaml", frozen: true }, { frozen: false }]);
    expect(stack?.incomplete).toBe(false);
    await lab.write("one/a.yaml", configMap("a", "3"));
    await lab.until(
      (snapshot) => contentOf(snapshot, "one") === "a=3 b=2" && snapshot.stacks.get("one")?.errors.length === 0,
    );
  });

  test("a file that never was good makes its stack incomplete", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a"), "one/bad.yaml": "kind: [\n" });
    expect(lab.scanned.snapshot.stacks.get("one")?.incomplete).toBe(true);
    await unlink(join(lab.root, "one/bad.yaml"));
    await lab.until((snapshot) => snapshot.stacks.get("one")?.incomplete === false);
  });

  test("an empty stack that was never seen with content is incomplete; one that was emptied is not", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a") });
    await mkdir(join(lab.root, "empty"));
    const { stacks } = await lab.until((snapshot) => snapshot.stacks.has("empty"));
    expect(stacks.get("empty")?.incomplete).toBe(true);
    await unlink(join(lab.root, "one/a.yaml"));
    const emptied = await lab.until((snapshot) => contentOf(snapshot, "one") === "");
    expect(emptied.stacks.get("one")?.incomplete).toBe(false);
  });

  test("that is missing, or empty, says nothing; and is read when it comes", async () => {
    await using lab = await DirectoryLab.start({});
    expect(lab.scanned.snapshot.silent).toContain("cannot be listed");
    await mkdir(lab.root);
    await lab.until((snapshot) => snapshot.silent === "the directory has no stacks");
    await lab.write("one/a.yaml", configMap("a"));
    const { silent } = await lab.until((snapshot) => contentOf(snapshot, "one") === "a=1");
    expect(silent).toBeUndefined();
  });

  test("whose root goes away keeps what it said, and goes on when it is made again", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a"), "two/b.yaml": configMap("b") });
    await rename(lab.root, lab.beside("elsewhere"));
    const away = await lab.until((snapshot) => snapshot.silent !== undefined);
    expect([contentOf(away, "one"), [...away.removed]]).toEqual(["a=1", []]);
    await cp(lab.beside("elsewhere/one"), join(lab.root, "one"), { recursive: true });
    const back = await lab.until((snapshot) => snapshot.silent === undefined && !snapshot.stacks.has("two"));
    expect([contentOf(back, "one"), [...back.removed]]).toEqual(["a=1", ["two"]]);
    await lab.write("one/a.yaml", configMap("a", "2"));
    await lab.until((snapshot) => contentOf(snapshot, "one") === "a=2");
  });

  test("notices a stack that is renamed, and one that is moved in with its content", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a") });
    await rename(join(lab.root, "one"), join(lab.root, "renamed"));
    const renamed = await lab.until((snapshot) => contentOf(snapshot, "renamed") === "a=1");
    expect([...renamed.removed]).toEqual(["one"]);
    await mkdir(lab.beside("outside"));
    await writeFile(lab.beside("outside/b.yaml"), configMap("b"));
    await rename(lab.beside("outside"), join(lab.root, "moved"));
    await lab.until((snapshot) => contentOf(snapshot, "moved") === "b=1");
    await lab.write("moved/b.yaml", configMap("b", "2"));
    await lab.until((snapshot) => contentOf(snapshot, "moved") === "b=2");
  });

  test("follows the links of a mounted ConfigMap when they are swapped", async () => {
    await using lab = await DirectoryLab.start({ "one/a.yaml": configMap("a") });
    const mount = join(lab.root, "mounted");
    for (const version of ["1", "2"]) {
      await mkdir(join(mount, `..v${version}`), { recursive: true });
      await writeFile(join(mount, `..v${version}`, "m.yaml"), configMap("m", version));
    }
    await symlink("..v1", join(mount, "..data"));
    await symlink("..data/m.yaml", join(mount, "m.yaml"));
    await lab.until((snapshot) => contentOf(snapshot, "mounted") === "m=1");
    await symlink("..v2", join(mount, "..data_tmp"));
    await rename(join(mount, "..data_tmp"), join(mount, "..data"));
    await lab.until((snapshot) => contentOf(snapshot, "mounted") === "m=2");
  });

  test("ignores what is no manifest, and says why", async () => {
    await using lab = await DirectoryLab.start({
      "one/a.yaml": configMap("a"),
      "one/.hidden.yaml": "x",
      "one/a.yaml~": "x",
      "one/.a.yaml.swp": "x",
      "one/README.md": "x",
      "top.yaml": configMap("top"),
    });
    await mkdir(join(lab.root, "one/nested.yaml"));
    const { stacks, ignored } = await lab.until((snapshot) => snapshot.stacks.get("one")?.ignored.length === 5);
    expect(
      stacks
        .get("one")
        ?.ignored.map(({ name }) => name)
        .sort(),
    ).toEqual([".a.yaml.swp", ".hidden.yaml", "README.md", "a.yaml~", "nested.yaml"]);
    expect(ignored).toEqual([{ name: "top.yaml", why: "it is not a directory: stacks are directories" }]);
  });

  test("of two objects of one name the first counts, and the second is named", async () => {
    await using lab = await DirectoryLab.start({
      "one/a.yaml": configMap("a", "1"),
      "one/b.yaml": configMap("a", "2"),
    });
    const stack = lab.scanned.snapshot.stacks.get("one");
    expect(contentOf(lab.scanned.snapshot, "one")).toBe("a=1");
    expect(stack?.errors).toMatchObject([{ code: "MANIFEST_DUPLICATE_OBJECT", file: "one/b.yaml", line: 1 }]);
  });
});
