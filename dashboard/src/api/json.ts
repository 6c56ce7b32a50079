/** JSON as the API means it: numbers that need not be whole keep their digits, both ways. */

import { LosslessNumber, parse, stringify } from "lossless-json";
import { isDecimal, toDecimal } from "../format/decimal";
import decimals from "./generated/decimals.json";

const answers = new Set(decimals.answers);
const bodies = new Set(decimals.bodies);

/** What a caller put in freely: its names mean nothing to us. */
const FREE = "metadata";

function named(names: Set<string>, parent: string, name: string): boolean {
  return names.has(name) || names.has(`${parent}.${name}`);
}

function revive(value: unknown, name: string, parent: string, free: boolean): unknown {
  if (value instanceof LosslessNumber) {
    if (!free && named(answers, parent, name)) return toDecimal(value.value);
    const number = Number(value.value);
    return String(number) === value.value || Number.isInteger(number) ? number : value.value;
  }
  if (Array.isArray(value)) return value.map((item) => revive(item, name, parent, free));
  if (value === null || typeof value !== "object") return value;
  const inside = free || name === FREE;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, revive(item, key, name, inside)]),
  );
}

/** An answer's text as an object; what the document calls a `number` is a `Decimal`. */
export function parseAnswer(text: string): unknown {
  return revive(parse(text), "", "", false);
}

function prepare(value: unknown, name: string, parent: string): unknown {
  if (typeof value === "string") {
    return named(bodies, parent, name) && isDecimal(value) ? new LosslessNumber(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => prepare(item, name, parent));
  if (value === null || typeof value !== "object" || name === FREE) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, prepare(item, key, name)]),
  );
}

/** A body's text; a `Decimal` is written as the number it is. */
export function writeBody(body: unknown): string {
  return stringify(prepare(body, "", "")) ?? "null";
}
