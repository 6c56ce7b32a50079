/**
 * Exact decimals: the digits as the API sent them.
 *
 * Money never becomes a binary float. What has to be computed is computed in integers of the
 * smallest place (`1.25` is 125 hundredths); `approximate` exists for drawing alone.
 */

declare const decimal: unique symbol;

/** Digits such as `-12.3000075`, without exponent. */
export type Decimal = string & { readonly [decimal]: true };

/** What figures arrive as: whole numbers, or exact digits. */
export type Figure = Decimal | number;

const LITERAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

interface Parts {
  units: bigint;
  places: number;
}

function parts(value: Figure): Parts {
  const match = LITERAL.exec(String(value));
  if (!match) throw new RangeError(`not a number: ${value}`);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const places = fraction.length - Number(exponent);
  const units = BigInt(`${sign}${whole}${fraction}`);
  return places < 0 ? { units: units * 10n ** BigInt(-places), places: 0 } : { units, places };
}

function text({ units, places }: Parts): Decimal {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  const whole = digits.slice(0, digits.length - places);
  const sign = units < 0n ? "-" : "";
  return `${sign}${whole}${places > 0 && fraction ? `.${fraction}` : ""}` as Decimal;
}

function aligned(a: Figure, b: Figure): [bigint, bigint, number] {
  const [left, right] = [parts(a), parts(b)];
  const places = Math.max(left.places, right.places);
  return [
    left.units * 10n ** BigInt(places - left.places),
    right.units * 10n ** BigInt(places - right.places),
    places,
  ];
}

/** The digits of a number that somebody typed or the API sent, without exponent and trailing zeros. */
export function toDecimal(value: string | number): Decimal {
  return text(parts(value as Figure));
}

/** Whether a text reads as a number. */
export function isDecimal(value: string): value is Decimal {
  return LITERAL.test(value);
}

/** What was typed into a field, exactly; undefined while it is no number. */
export function typed(text: string): Decimal | undefined {
  const trimmed = text.trim();
  return isDecimal(trimmed) ? toDecimal(trimmed) : undefined;
}

export function add(a: Figure, b: Figure): Decimal {
  const [left, right, places] = aligned(a, b);
  return text({ units: left + right, places });
}

export function subtract(a: Figure, b: Figure): Decimal {
  const [left, right, places] = aligned(a, b);
  return text({ units: left - right, places });
}

export function sum(values: Iterable<Figure>): Decimal {
  let total = toDecimal(0);
  for (const value of values) total = add(total, value);
  return total;
}

/** Below zero, zero or above it as `a` is less than, equal to or greater than `b`. */
export function compare(a: Figure, b: Figure): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `a ÷ b` rounded half up (away from zero) to so many places; null when `b` is zero. */
export function divide(a: Figure, b: Figure, places: number): Decimal | null {
  const [left, right] = aligned(a, b);
  if (right === 0n) return null;
  const negative = left < 0n !== right < 0n;
  const above = (left < 0n ? -left : left) * 10n ** BigInt(places) * 2n;
  const below = right < 0n ? -right : right;
  const units = (above + below) / (below * 2n);
  return text({ units: negative ? -units : units, places });
}

/** The change from `before` to `now` as a share of `before`, to four places; null from zero. */
export function growth(now: Figure, before: Figure): Decimal | null {
  return compare(before, 0) === 0 ? null : divide(subtract(now, before), before, 4);
}

/** A binary float close to it: for lengths and positions on the screen, never for arithmetic. */
export function approximate(value: Figure): number {
  return Number(value);
}
