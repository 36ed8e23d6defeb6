import type { CollectionTag, DocumentOptions, ParseOptions, ScalarTag, SchemaOptions, Tags, ToJSOptions } from "yaml";

/**
 * How kubectl reads plain scalars: YAML 1.1 as Go's yaml package has it, by way of JSON. No preset of a JavaScript parser reads the
 * same (`0644` is 420, `yes` is true, `12:30:45` and `2024-01-01` are strings), so the tags stand here, on the failsafe schema.
 */
const nothing: ScalarTag = {
  tag: "tag:yaml.org,2002:null",
  default: true,
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
};

const boolean: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/,
  resolve: (text) => /^(?:y|on|t)/i.test(text),
};

/** Go's ParseInt with base 0, underscores dropped: 0x, 0o, 0b, and a leading zero is octal too. */
const integer: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0[0-7_]*|[1-9][0-9_]*)$/,
  resolve: (text) => {
    const plain = text.replaceAll("_", "").replace(/^\+/, "");
    const negative = plain.startsWith("-");
    const digits = negative ? plain.slice(1) : plain;
    const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    return negative ? -value : value;
  },
};

const float: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/,
  resolve: (text) => Number(text.replaceAll("_", "")),
};

const scalars: (ScalarTag | CollectionTag)[] = [nothing, boolean, integer, float];

/** More aliases than this are a bomb; kubectl refuses those too. */
const mostAliases = 100;

export const kubectlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: "failsafe",
  customTags: (tags: Tags) => [...tags, ...scalars],
  merge: true,
  uniqueKeys: true,
  prettyErrors: false,
};

export const kubectlToJs: ToJSOptions = { maxAliasCount: mostAliases };
