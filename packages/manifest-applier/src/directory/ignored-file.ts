/** Why an entry of a stack's directory is no manifest; undefined: it is one. Shown in the status, so that nobody wonders. */
export function whyIgnored(name: string): string | undefined {
  if (name.startsWith(".")) return "its name begins with a dot";
  if (name.endsWith("~") || (name.startsWith("#") && name.endsWith("#"))) return "an editor's backup";
  if (/\.(swp|swo|swx|bak|orig|rej|tmp|new)$/.test(name) || name === "4913")
    return "an editor's or package manager's temporary file";
  if (!/\.(yaml|yml|json)$/.test(name)) return "its name does not end in .yaml, .yml or .json";
  return undefined;
}
