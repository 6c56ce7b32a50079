// Makes TypeScript types and the list of decimal members from the API's OpenAPI document.
//
// `schema.d.ts`: every `type: number` is a `Decimal`, the digits as they were sent; integers are numbers.
// `decimals.json`: the names under which such numbers stand in answers and bodies, `name` or
// `parent.name` where a name alone is not enough (a transaction's `amount` is whole, a payment's is not).
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const source = new URL("../../functions/edge/openapi.json", import.meta.url);
const folder = new URL("../src/api/generated/", import.meta.url);
const document = JSON.parse(await readFile(source, "utf8"));
const schemas = document.components.schemas;

function resolve(schema) {
  let found = schema;
  while (found.$ref) found = schemas[found.$ref.split("/").at(-1)];
  return found;
}

/** Whether a value of this schema is a number that need not be whole. */
function isDecimal(schema) {
  const found = resolve(schema);
  const variants = [...(found.anyOf ?? []), ...(found.oneOf ?? [])];
  const types = [found.type].flat();
  return types.includes("number") || variants.some(isDecimal);
}

function isWhole(schema) {
  const found = resolve(schema);
  const variants = [...(found.anyOf ?? []), ...(found.oneOf ?? [])];
  return [found.type].flat().includes("integer") || variants.some(isWhole);
}

/** The names under which decimals stand in these messages. */
function decimalsOf(messages) {
  const kinds = new Map();
  const walked = new Set();
  function walk(schema, parent) {
    const mark = `${parent}/${schema.$ref}`;
    if (schema.$ref && walked.has(mark)) return;
    walked.add(mark);
    const found = resolve(schema);
    for (const variant of [...(found.anyOf ?? []), ...(found.oneOf ?? [])]) walk(variant, parent);
    if (found.items) walk(found.items, parent);
    for (const [name, member] of Object.entries(found.properties ?? {})) {
      if (isDecimal(member)) kinds.set(`${parent}.${name}`, true);
      else if (isWhole(member) && !kinds.get(`${parent}.${name}`))
        kinds.set(`${parent}.${name}`, false);
      walk(member, name);
    }
  }
  for (const message of messages.filter(Boolean)) {
    const { content } = message.$ref ? responses[message.$ref.split("/").at(-1)] : message;
    for (const { schema } of Object.values(content ?? {})) walk(schema, "");
  }
  const names = new Set([...kinds.keys()].map((path) => path.split(".")[1]));
  return [...names].flatMap((name) => {
    const paths = [...kinds.keys()].filter((path) => path.endsWith(`.${name}`));
    const found = paths.filter((path) => kinds.get(path));
    return found.length === paths.length ? [name] : found;
  });
}

const responses = document.components.responses;
const operations = Object.values(document.paths).flatMap(Object.values);
const decimals = {
  answers: decimalsOf(operations.flatMap((operation) => Object.values(operation.responses ?? {}))),
  bodies: decimalsOf(operations.map((operation) => operation.requestBody)),
};

const decimal = ts.factory.createTypeReferenceNode("Decimal");
const types = await openapiTS(document, {
  // A member with a default may be left out of a body.
  defaultNonNullable: false,
  transform: (schema) => (schema.type === "number" ? decimal : undefined),
});
await mkdir(folder, { recursive: true });
await writeFile(
  new URL("schema.d.ts", folder),
  `import type { Decimal } from "../../format/decimal";\n${astToString(types)}`,
);
await writeFile(new URL("decimals.json", folder), `${JSON.stringify(decimals)}\n`);
