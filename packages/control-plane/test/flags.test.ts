import { describe, expect, test } from "vitest";
import { parseFlags, usage } from "../src/flags.ts";

describe("the command's flags", () => {
  test("become options", () => {
    expect(parseFlags([])).toEqual({});
    const all = [
      "--nodes",
      "3",
      "--controllers",
      "--scheduler",
      "--data-directory",
      "/d",
      "--port=26443",
      "--audit-log",
    ];
    expect(parseFlags(all)).toEqual({
      nodes: 3,
      controllers: true,
      scheduler: true,
      dataDirectory: "/d",
      port: 26443,
      auditLog: true,
    });
    expect(parseFlags(["--help"])).toBe("help");
    expect(parseFlags(["-h"])).toBe("help");
  });

  test.each([
    [["--nodes", "many"], '--nodes wants a whole number, not "many".'],
    [["--nodes", "1.5"], '--nodes wants a whole number, not "1.5".'],
    [["--port", "x"], '--port wants a whole number, not "x".'],
    [["--data-directory", ""], "--data-directory wants a path."],
    [["--nods", "1"], "Unknown option '--nods'."],
    [["up"], "Unexpected argument 'up'."],
  ])("%j is one clear error", (args, message) => {
    expect(() => parseFlags(args)).toThrow(
      expect.objectContaining({
        code: "CONTROL_PLANE_INVALID_OPTION",
        message: `${message}\nSee --help for the flags.`,
      }),
    );
  });

  test("are all in the help", () => {
    for (const flag of ["controllers", "scheduler", "nodes", "port", "data-directory", "audit-log", "help"]) {
      expect(usage).toContain(`--${flag} `);
    }
  });
});
