/** Addresses of Explore that show what is behind a figure, for the range on screen. */

const RANGE = ["range", "from", "to"];

/** `exploreLink(address, { groupBy: "model", service: "chat" })`. */
export function exploreLink(address: URLSearchParams, query: Record<string, string>): string {
  const target = new URLSearchParams();
  for (const name of RANGE) {
    const value = address.get(name);
    if (value) target.set(name, value);
  }
  for (const [name, value] of Object.entries(query)) target.set(name, value);
  return `/explore?${target.toString()}`;
}

/** The same for a single day. */
export function dayLink(day: string, query: Record<string, string>): string {
  return exploreLink(new URLSearchParams({ from: day, to: day }), query);
}
