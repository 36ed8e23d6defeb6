import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { monotonic } from "@tenure/testing";
import { compareWithCluster, type Difference } from "./cluster-comparison.ts";
import { eventually } from "./eventually.ts";
import type { IncidentLab, LabNode, LeaseTimes } from "./incident-lab.ts";

/** What one cycle took, in ms. */
export interface CycleFigures {
  readonly cutToStopped: number;
  readonly cutToAnotherLeads: number;
  /** From the first component that starts on the node that leads again, to the change in the cluster that was made before. */
  readonly regainToApplied: number;
  readonly editToApplied: number;
}

/** How the connection of the leader is lost: silence, as in the incident, or a network that says no. */
export type Cut = "black-hole" | "reset";

/**
 * The incident, once: a leads, c joins, a is cut off, another leads, manifests change, a is healed and leads again, manifests change
 * again.
 *
 * @param say is called with each step and its time since the cut.
 * @throws when something is not as it must be.
 */
export async function playIncident(
  lab: IncidentLab,
  cycle: { readonly number: number; readonly cut: Cut; readonly times: LeaseTimes },
  say: (line: string) => void,
): Promise<CycleFigures> {
  const { number, times } = cycle;
  const [a, b, c] = lab.nodes as [LabNode, LabNode, LabNode];
  const patience = 4 * times.leaseDuration + 30_000;
  if (a.controller === undefined) await lab.startController(a);
  await lab.leads(a, patience);
  if (b.controller === undefined) await lab.startController(b);
  await equal(lab, a, patience);
  say("a leads, b stands by, the cluster is as the directory says");
  await lab.startController(c);

  const cutAt = monotonic();
  const since = () => `+${((monotonic() - cutAt) / 1_000).toFixed(2)} s`;
  const tell = (line: string) => say(`${since().padStart(9)}  ${line}`);
  if (cycle.cut === "reset") a.proxy.cut();
  else a.proxy.blackHole();
  tell(`c has joined; the connection of a is cut (${cycle.cut})`);
  await lab.changeEverywhere((manifests) => changeWhileCut(manifests, number));
  tell("on every node one stack is edited, one added, one removed");

  await eventually(
    "the components of a stop",
    () => (lab.recorder.living("leader", "a").length === 0 ? true : undefined),
    {
      within: times.leaseDuration + 1_000,
    },
  );
  const stoppedAt = Math.max(...lab.recorder.lives.filter(ofLease("a")).map((life) => life.to ?? 0));
  const cutToStopped = stoppedAt - cutAt;
  tell(`every component of a had stopped ${seconds(cutToStopped)} after the cut`);

  const next = await eventually(
    "another controller leads",
    () => lab.recorder.living("leader").find((life) => life.process !== "a"),
    { within: patience },
  );
  const cutToAnotherLeads = next.from - cutAt;
  const successor = next.process === "b" ? b : c;
  await lab.leads(successor, patience);
  tell(`${successor.name} leads; its first component started ${seconds(cutToAnotherLeads)} after the cut`);
  await equal(lab, successor, patience);
  await absent(lab, removedStack(number), patience);
  tell("the changes are in the cluster, and what was removed is gone");

  a.proxy.heal();
  tell("the connection of a is healed");
  const other = successor === b ? c : b;
  await lab.stopController(other);
  await changeBeforeRegain(a.manifests, number);
  const applied = appliedGreeting(lab, `regained ${number}`, patience).then(monotonic);
  // It is awaited below; until then its failure must not be an unhandled one.
  applied.catch(() => {});
  await lab.stopController(successor);
  tell(`${other.name} and ${successor.name} have stopped; ${successor.name} released the lease`);
  const regained = await eventually("a leads again", () => lab.recorder.living("leader", "a").at(0), {
    within: patience,
  });
  const regainToApplied = (await applied) - regained.from;
  tell(`a leads again; the change made meanwhile was in the cluster ${seconds(regainToApplied)} after that`);
  await lab.leads(a, patience);

  const editedAt = monotonic();
  await writeShopConfig(a.manifests, `edited ${number}`);
  await appliedGreeting(lab, `edited ${number}`, patience);
  const editToApplied = monotonic() - editedAt;
  await addStack(a.manifests, `later-${number}`);
  await rm(join(a.manifests, `added-${number}`), { recursive: true });
  await equal(lab, a, patience);
  await absent(lab, `added-${number}`, patience);
  await lab.leads(a, patience);
  for (const node of [b, c]) await follow(node, number);
  tell(`more changes were made and are in the cluster; an edit took ${seconds(editToApplied)}`);

  const overlaps = lab.recorder.overlaps("leader");
  if (overlaps.length > 0) throw new Error(`components of two controllers ran at once: ${JSON.stringify(overlaps)}`);
  return { cutToStopped, cutToAnotherLeads, regainToApplied, editToApplied };
}

function ofLease(process: string) {
  return (life: { readonly process: string; readonly scope: string }) =>
    life.process === process && life.scope === "leader";
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

async function equal(lab: IncidentLab, node: LabNode, within: number): Promise<void> {
  let last: readonly Difference[] = [];
  try {
    await eventually(
      "the cluster is as the directory says",
      async () => {
        last = await compareWithCluster(node.manifests, lab.client);
        return last.length === 0 ? true : undefined;
      },
      { within, every: 100 },
    );
  } catch (cause) {
    throw new Error(`cluster and directory of ${node.name} differ: ${JSON.stringify(last)}`, { cause });
  }
}

async function absent(lab: IncidentLab, configMapOfStack: string, within: number): Promise<void> {
  await eventually(
    `ConfigMap ${configMapOfStack} is gone`,
    async () => {
      const found = await lab.client.get({
        apiVersion: "v1",
        kind: "ConfigMap",
        namespace: "default",
        name: configMapOfStack,
      });
      return found === undefined ? true : undefined;
    },
    { within },
  );
}

async function appliedGreeting(lab: IncidentLab, greeting: string, within: number): Promise<void> {
  await eventually(
    `the greeting is "${greeting}"`,
    async () => {
      const shop = await lab.client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "team-a", name: "shop" });
      return (shop?.data as { GREETING?: string } | undefined)?.GREETING === greeting ? true : undefined;
    },
    { within, every: 5 },
  );
}

/** The stack that the cut takes away: of the last cycle, or made by the first for itself. */
function removedStack(number: number): string {
  return number === 1 ? "shipped" : `later-${number - 1}`;
}

/** Before the first cycle: something that can be removed. */
export async function shipFirstStack(manifests: string): Promise<void> {
  await addStack(manifests, "shipped");
}

async function changeWhileCut(manifests: string, number: number): Promise<void> {
  await writeShopConfig(manifests, `while cut ${number}`);
  await addStack(manifests, `added-${number}`);
  await rm(join(manifests, removedStack(number)), { recursive: true });
}

async function changeBeforeRegain(manifests: string, number: number): Promise<void> {
  await writeShopConfig(manifests, `regained ${number}`);
}

/** The nodes that stood still get what a has, before they run again. */
async function follow(node: LabNode, number: number): Promise<void> {
  await writeShopConfig(node.manifests, `edited ${number}`);
  await addStack(node.manifests, `later-${number}`);
  await rm(join(node.manifests, `added-${number}`), { recursive: true, force: true });
}

/** Replaced as editors and package managers do it: a new file, renamed over the old one. */
async function writeShopConfig(manifests: string, greeting: string): Promise<void> {
  const data = { GREETING: greeting, CURRENCY: "EUR" };
  await replace(join(manifests, "team-a", "config.yaml"), configMap("shop", "team-a", data));
}

async function addStack(manifests: string, name: string): Promise<void> {
  await mkdir(join(manifests, name), { recursive: true });
  await replace(join(manifests, name, `${name}.yaml`), configMap(name, "default", { stack: name }));
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

function configMap(name: string, namespace: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ndata:\n${lines.join("\n")}\n`;
}
