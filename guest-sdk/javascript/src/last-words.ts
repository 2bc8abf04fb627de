/** What is said of an error that ends a strategy? */

/** The most that a note holds. */
const BYTES_MAX = 512;

/** Its name and text, then the lines it came through, the innermost first; as much as a note holds. */
export function lastWords(error: unknown): string {
  const head = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${textOf(error)}`;
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  // Some engines begin the stack with name and text, others do not.
  const steps = stack.startsWith(head) ? stack.slice(head.length) : stack;
  // What the engine's own glue does says nothing of the strategy.
  const isOf = (line: string) => line !== "" && !line.includes("initializer.js");
  const lines = steps.split("\n").map((line) => line.trim());
  return cut([head, ...lines.filter(isOf)].join("\n"));
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

function cut(text: string): string {
  let [bytes, end] = [0, 0];
  for (const letter of text) {
    const code = letter.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > BYTES_MAX) break;
    end += letter.length;
  }
  return text.slice(0, end);
}
