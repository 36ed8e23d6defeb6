import { type ChildProcess, spawn } from "node:child_process";
import { ChildProcessError } from "./child-process-error.ts";
import { defaultProcfs, type ProcessIdentity } from "./process-identity.ts";

/**
 * Reads orders from its standard input. That ends when the process which gave them is gone, by whatever death: then every
 * process group that is still watched is ended by force, which also ends the stopped. A group is left alone when its leader is
 * another process than the one that was watched; one whose leader is gone keeps its number for as long as a member lives.
 */
const script = `
trap '' HUP INT QUIT TERM PIPE USR1 USR2
set -f
procfs=$1
watched=
echo ready
exec >/dev/null 2>&1
while read -r order pid started; do
  case $order in
    watch) watched="$watched $pid:$started" ;;
    forget)
      rest=
      for entry in $watched; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
      watched=$rest ;;
  esac
done
for entry in $watched; do
  pid=\${entry%%:*}
  stat=
  if [ -n "$procfs" ]; then
    while read -r line; do stat=$line; done <"$procfs/$pid/stat"
    set -- \${stat##*) }
    now=\${20}
  else
    set -- $(LC_ALL=C TZ=UTC0 ps -o lstart= -p "$pid")
    IFS=_
    now="$*"
    unset IFS
  fi
  [ -n "$now" ] && [ "$now" != "\${entry#*:}" ] || kill -KILL "-$pid"
done
`;

/**
 * Ends the children of this process when it dies, SIGKILL included. It is a POSIX shell of about 1 MB which reads from a
 * pipe that the kernel closes at our death: one for all children of a process, there from the first one to the last. It is in a
 * session of its own, so that neither Ctrl-C in a terminal nor a signal to a child's group reaches it. When somebody ends it, another one
 * takes its place.
 */
export class Watchdog {
  readonly #watched = new Map<number, ProcessIdentity>();
  readonly #procfs: string;
  #shell: Promise<ChildProcess> | undefined;

  /** @param procfs empty: identities come from `ps` */
  constructor(procfs = defaultProcfs) {
    this.#procfs = procfs;
  }

  /** Undefined while nothing is watched. */
  async shell(): Promise<ChildProcess | undefined> {
    return this.#shell;
  }

  /**
   * Resolves when the group which that process leads will be ended after our death, whenever that may be.
   *
   * @throws ChildProcessError TENURE_CHILD_UNGUARDED when there is no `/bin/sh`, or it does not run.
   */
  async watch(leader: ProcessIdentity): Promise<void> {
    this.#watched.set(leader.pid, leader);
    try {
      for (;;) {
        this.#shell ??= this.#renew();
        const current = this.#shell;
        if (await isTold(await current, "watch", leader)) return;
        // It was ended at this moment.
        if (this.#shell === current) this.#shell = undefined;
      }
    } catch (error) {
      this.forget(leader.pid);
      throw error;
    }
  }

  /** Nothing of the group runs; its number may be used again by others. After the last one the watchdog ends. */
  forget(pid: number): void {
    const leader = this.#watched.get(pid);
    if (leader === undefined) return;
    this.#watched.delete(pid);
    const shell = this.#shell;
    const last = this.#watched.size === 0;
    if (last) this.#shell = undefined;
    void shell
      ?.then(async (process) => {
        await isTold(process, "forget", leader);
        if (last) process.stdin?.end();
      })
      .catch(() => {});
  }

  /** A new one, which knows all that is watched. One that cannot run is not tried again before the next `watch`. */
  #renew(): Promise<ChildProcess> {
    const shell = this.#begin();
    shell.catch(() => {
      if (this.#shell === shell) this.#shell = undefined;
    });
    return shell;
  }

  async #begin(): Promise<ChildProcess> {
    const shell = spawn("/bin/sh", ["-c", script, "tenure-watchdog", this.#procfs], {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    });
    // Orders to one that was ended from outside go nowhere; its exit is what counts.
    shell.stdin?.on("error", () => {});
    try {
      await new Promise<void>((resolve, reject) => {
        shell.once("error", reject);
        shell.once("exit", () => reject(new Error("it ended at once")));
        shell.stdout?.once("data", () => resolve());
      });
    } catch (cause) {
      throw new ChildProcessError("the watchdog of child processes cannot run", {
        code: "TENURE_CHILD_UNGUARDED",
        remedy: "Make /bin/sh available: without it children could outlive this process.",
        cause,
      });
    }
    shell.stdout?.destroy();
    shell.once("exit", () => this.#replace(shell));
    shell.unref();
    (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    for (const leader of this.#watched.values()) await isTold(shell, "watch", leader);
    return shell;
  }

  /** Somebody has ended it. */
  #replace(ended: ChildProcess): void {
    const current = this.#shell;
    void current
      ?.then((shell) => {
        if (shell === ended && this.#shell === current) this.#shell = this.#renew();
      })
      .catch(() => {});
  }
}

/** True when the order is in the pipe, from where it is read even if we die now. */
function isTold(shell: ChildProcess, verb: "watch" | "forget", { pid, started }: ProcessIdentity): Promise<boolean> {
  return new Promise((resolve) => {
    shell.stdin?.write(`${verb} ${pid} ${started.replaceAll(" ", "_")}\n`, (error) => resolve(!error));
  });
}

/** One for all children of this process. */
export const watchdog = new Watchdog();
