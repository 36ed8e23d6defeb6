import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { defaultProcfs } from "./process-identity.ts";

/**
 * Reads orders from its standard input. When that ends without `dismiss`, the process that gave the orders is gone: what
 * it left behind is ended by force (which also ends the stopped) and its directory removed. The removal is tried again for
 * a while, because a process that is being killed may still write a file.
 *
 * A number is used again by the system. So the start of a group's leader is noted with it, and a group is left alone when
 * another process leads it by then; one whose leader is gone keeps its number for as long as a member lives.
 */
const script = `
trap '' HUP INT TERM
set -f
procfs=$1
groups= directory=
look() {
  started=
  if [ -n "$procfs" ]; then
    stat=
    while read -r line; do stat=$line; done <"$procfs/$1/stat"
    set -- \${stat##*) }
    started=\${20}
  else
    set -- $(LC_ALL=C TZ=UTC0 ps -o lstart= -p "$1")
    IFS=_
    started="$*"
    unset IFS
  fi
}
while read -r order value; do
  case $order in
    watch)
      look "$value"
      groups="$groups $value:$started" ;;
    forget)
      rest=
      for entry in $groups; do [ "\${entry%%:*}" = "$value" ] || rest="$rest $entry"; done
      groups=$rest ;;
    directory) directory=$value ;;
    dismiss) exit 0 ;;
  esac
done
for entry in $groups; do
  look "\${entry%%:*}"
  [ -n "$started" ] && [ "$started" != "\${entry#*:}" ] || kill -KILL "-\${entry%%:*}"
done
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

  /**
   * Throws the system's error when there is no `sh`.
   *
   * @param procfs empty: starts come from `ps`
   */
  static async start(procfs = defaultProcfs): Promise<Watchdog> {
    const shell = spawn("/bin/sh", ["-c", script, "tenure-watchdog", procfs], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    await once(shell, "spawn");
    // It may be killed from outside: then orders go nowhere, and the servers' own pipes are what is left.
    shell.stdin?.on("error", () => {});
    shell.unref();
    (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    return new Watchdog(shell);
  }

  /** From now on the process group that the child `pid` leads is ended when this process is gone. Call it before the child can have been waited for. */
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
