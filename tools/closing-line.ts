import type { Reporter, TestModule } from "vitest/node";

/** Counts over all of vitest's projects; printed as the last line of the test command. */
export class ClosingLineReporter implements Reporter {
  passed = 0;
  failed = 0;
  skipped = 0;

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") this.passed++;
        else if (state === "failed") this.failed++;
        else this.skipped++;
      }
      // A file that cannot be imported has no tests to fail.
      if (
        module.state() === "failed" &&
        [...module.children.allTests()].every((test) => test.result().state !== "failed")
      ) {
        this.failed++;
      }
    }
    this.failed += errors.length;
  }

  get line(): string {
    const skipped = this.skipped === 0 ? "" : `, ${this.skipped} skipped`;
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}
