import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Reads orders from its standard input. When that ends without `dismiss`, the process that gave the orders is gone: what
 * it left behind is ended by force (which also ends the stopped) and its directory removed. The removal is tried again for
 * a while, because a process that is being killed may still write a file.
 */
const script = `
trap '' HUP INT TERM
groups= directory=
while read -r order value; do
  case $order in
    watch) groups="$groups $value" ;;
    forget)
      rest=
      for group in $groups; do [ "$group" = "$value" ] || rest="$rest $group"; done
      groups=$rest ;;
    directory) directory=$value ;;
    dismiss) exit 0 ;;
  esac
done
for group in $groups; do kill -KILL "-$group"; done
[ -n "$directory" ] || exit 0
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$directory" && exit 0
  sleep 0.2
done
`;

/**
 * A small process that cleans up after this one, however this one ends: it holds one end of a pipe whose other end the
 * kernel closes at our death, SIGKILL included. It is a POSIX shell of about 1 MB, in a session of its own, so that Ctrl-C
 * in a terminal does not reach it. It keeps neither this process alive nor anything running once dismissed.
 */
export class Watchdog {
  readonly #shell: ChildProcess;

  private constructor(shell: ChildProcess) {
    this.#shell = shell;
  }

  /** Throws the system's error when there is no `sh`. */
  static async start(): Promise<Watchdog> {
    const shell = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
    await once(shell, "spawn");
    // It may be killed from outside: then orders go nowhere, and the servers' own pipes are what is left.
    shell.stdin?.on("error", () => {});
    shell.unref();
    (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    return new Watchdog(shell);
  }

  /** From now on the process group `pid` leads is ended when this process is gone. */
  watch(pid: number): void {
    this.#order(`watch ${pid}`);
  }

  /** The group has ended; its number may be used again by others. */
  forget(pid: number): void {
    this.#order(`forget ${pid}`);
  }

  /** A directory to remove when this process is gone. The last one named counts. No line breaks in its path. */
  removeDirectory(path: string): void {
    if (path.includes("\n")) throw new RangeError("a watched directory's path cannot hold a line break");
    this.#order(`directory ${path}`);
  }

  /** Ends the watchdog without it touching anything. A second call does nothing. */
  async dismiss(): Promise<void> {
    const shell = this.#shell;
    if (shell.exitCode !== null || shell.signalCode !== null) return;
    shell.ref();
    const exited = once(shell, "exit");
    shell.stdin?.end("dismiss\n");
    await exited;
  }

  #order(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }
}
