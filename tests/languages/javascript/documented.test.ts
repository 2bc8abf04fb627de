// Does every name that the SDK gives away say what it is?
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

const SOURCES = process.env["RINGFENCE_SDK"] ?? "";

test("every exported declaration has a comment", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
  assert.ok(files.length > 20, `${files.length} files in ${SOURCES}`);
  const bare: string[] = [];
  for (const file of files) {
    const lines = readFileSync(`${SOURCES}/${file}`, "utf8").split("\n");
    for (const [at, line] of lines.entries()) {
      const isDeclared = /^export (abstract class|class|function|interface|type|const) \w/.test(line);
      if (isDeclared && !(lines[at - 1] ?? "").trimEnd().endsWith("*/")) bare.push(`${file}:${at + 1}: ${line}`);
    }
  }
  assert.deepEqual(bare, []);
});
