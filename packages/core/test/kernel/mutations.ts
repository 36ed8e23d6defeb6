/** A fault that somebody could have made: the first place in the file where `from` stands is replaced by `to`. */
export interface Mutation {
  readonly name: string;
  /** In src/kernel. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Each of these must be found by the exploration of small graphs. */
export const mutations: readonly Mutation[] = [
  {
    name: "a term is drained although a stuck instance of it lives",
    file: "lease-rules.ts",
    from: "if (scope.live > 0) {",
    to: "if (scope.live > scope.stuck) {",
  },
  {
    name: "the end of a term is not passed on when it was draining",
    file: "lease-rules.ts",
    from: 'turn.commands.push({ type: "end-term", lease: scope.name, term, reason: why });',
    to: 'if (wasHeld) turn.commands.push({ type: "end-term", lease: scope.name, term, reason: why });',
  },
  {
    name: "a loss without draining stops nothing",
    file: "lease-rules.ts",
    from: "if (wasHeld) closeScope(",
    to: "if (!wasHeld) closeScope(",
  },
  {
    name: "drained is reported once in the life of the process",
    file: "lease-rules.ts",
    from: "scope.drainedSent = false;",
    to: "",
  },
  {
    name: "the lease is given up before what it needs has stopped being needed",
    file: "lease-rules.ts",
    from: "for (const need of scope.needs) countBlockerOf(turn, need, 1);",
    to: "",
  },
  {
    name: "a component that failed in one term does not start in the next",
    file: "component-rules.ts",
    from: "record.verdict = undefined;",
    to: 'record.verdict = record.verdict === "done" ? undefined : record.verdict;',
  },
  {
    name: "what has failed holds up those that only come after it",
    file: "turn.ts",
    from: 'record.phase === "backoff" || record.phase === "failed" || record.phase === "stuck"',
    to: 'record.phase === "backoff" || record.phase === "stuck"',
  },
  {
    name: "the last one to get stuck does not end the process",
    file: "turn.ts",
    from: "record.scope.stuck += by;\n  turn.leases.push(record.scope);",
    to: "record.scope.stuck += by;",
  },
  {
    name: "a stuck instance keeps what it needs from stopping",
    file: "turn.ts",
    from: 'return isLive(phase) && phase !== "stuck";',
    to: "return isLive(phase);",
  },
  {
    name: "dependents are not asked to stop",
    file: "component-rules.ts",
    from: 'if (record.neededBy !== undefined && outcome?.kind !== "done") {',
    to: 'if (record.neededBy !== undefined && outcome?.kind === "again") {',
  },
  {
    name: "a dependency stops before its dependents",
    file: "component-rules.ts",
    from: "return record.blockers === 0 && record.orderBlockers === 0;",
    to: "return record.orderBlockers === 0;",
  },
  {
    name: "what is ordered after it does not stop before it",
    file: "component-rules.ts",
    from: "return record.blockers === 0 && record.orderBlockers === 0;",
    to: "return record.blockers === 0;",
  },
  {
    name: "a start does not wait for those that are ordered before it",
    file: "component-rules.ts",
    from: "else if (record.unmetNeeds === 0 && record.unsettled === 0) start(turn, record);",
    to: "else if (record.unmetNeeds === 0) start(turn, record);",
  },
  {
    name: "a report of an earlier instance counts",
    file: "step.ts",
    from: 'if ("instance" in event && event.instance !== record.instance) return;',
    to: "",
  },
  {
    name: "a late timer counts",
    file: "step.ts",
    from: "if (record.timerAt !== at) return;",
    to: "",
  },
  {
    name: "a start that ends after its stop was asked for counts as running",
    file: "step.ts",
    from: 'if (record.phase !== "starting") return;',
    to: 'if (record.phase !== "starting" && record.phase !== "stopping") return;',
  },
  {
    name: "a crash while it stops stops it a second time",
    file: "component-rules.ts",
    from: "if (!hostsChildren(first.phase)) {",
    to: 'if (!hostsChildren(first.phase) && first.phase !== "stopping") {',
  },
  {
    name: "the timer of a start is left when it has started",
    file: "step.ts",
    from: 'if (record.phase !== "starting") return;\n      clearTimer(turn, record);',
    to: 'if (record.phase !== "starting") return;',
  },
  {
    name: "a lease that is about to be given up still starts components",
    file: "component-rules.ts",
    from: 'if (scope.state !== "held" || scope.leaving) return false;',
    to: 'if (scope.state !== "held") return false;',
  },
  {
    name: "a lease is campaigned for before what it needs runs",
    file: "lease-rules.ts",
    from: "!scope.held && scope.unmetNeeds === 0 &&",
    to: "!scope.held &&",
  },
  {
    name: "a back-off is not over when its time has come",
    file: "step.ts",
    from: 'setPhase(turn, record, "waiting", reason("restarting", "its back-off is over"));',
    to: "",
  },
  {
    name: "a lease that was given up is never campaigned for again",
    file: "lease-rules.ts",
    from: "scope.leaving = false;",
    to: "",
  },
  {
    name: "a critical component that is down is counted only once",
    file: "restart-rules.ts",
    from: "watchOutage(turn, record);",
    to: "",
  },
  {
    name: "the process ends itself while components still stop",
    file: "lease-rules.ts",
    from: "if (scope.live === scope.stuck) exitStuck(turn, scope);",
    to: "exitStuck(turn, scope);",
  },
  {
    name: "a change waits for a stop that hangs",
    file: "reconfiguration-rules.ts",
    from: "  if (stuck.length > 0) {\n    drop(",
    to: "  if (stuck.length > 1) {\n    drop(",
  },
  {
    name: "what was stopped for a change that is dropped stays stopped",
    file: "reconfiguration-rules.ts",
    from: "for (const record of concerned(state, change)) release(turn, record);",
    to: "",
  },
  {
    name: "a change is begun for what is stuck already",
    file: "reconfiguration-rules.ts",
    from: "    return;\n  }\n  state.reconfiguration = change;",
    to: "  }\n  state.reconfiguration = change;",
  },
];
