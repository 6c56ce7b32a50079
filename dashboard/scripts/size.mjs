// Fails when what the first screen loads is heavier than promised: entry, shell, one language, Overview.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 300;
const folder = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", folder), "utf8"));

const first = ["index.html", "src/screens/overview/index.tsx", "src/i18n/th/index.ts"];
const files = new Set();
function collect(name) {
  const chunk = manifest[name];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const inner of chunk.imports ?? []) collect(inner);
}
for (const name of first) {
  if (!manifest[name]) throw new Error(`${name} is not in the build`);
  collect(name);
}
const sizes = [...files]
  .map((file) => ({ file, kb: gzipSync(readFileSync(new URL(file, folder))).length / 1000 }))
  .sort((a, b) => b.kb - a.kb);
for (const { file, kb } of sizes) console.log(`${kb.toFixed(1).padStart(8)} kB  ${file}`);
const total = sizes.filter(({ file }) => file.endsWith(".js")).reduce((sum, { kb }) => sum + kb, 0);
console.log(
  `${total.toFixed(1).padStart(8)} kB  JavaScript of the first screen, compressed (limit ${LIMIT_KB})`,
);
if (total > LIMIT_KB) process.exit(1);
