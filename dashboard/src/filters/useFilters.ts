/** Filters live in the address, so that a view can be shared, bookmarked and gone back to. */

import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { useWorkspace } from "../app/workspace";
import { localDay } from "../format/dates";
import { DEFAULT_PRESET, previousRange, type Preset, type Range, rangeOf } from "./range";

export interface RangeFilter {
  range: Range;
  previous: Range;
  setRange: (to: Preset | { start: string; end: string }) => void;
  /** The range as the API's parameters. */
  query: { startDate: string; endDate: string };
  previousQuery: { startDate: string; endDate: string };
}

/** Parameters that name a place in a list: another filter begins it anew. */
const PLACES = ["page", "cursor"];

type Change = Record<string, string | null | undefined>;

/** Change some parameters of the address and keep the others; null or empty removes one. */
export function useAddress(): [URLSearchParams, (change: Change) => void] {
  const [parameters, setParameters] = useSearchParams();
  const change = useCallback(
    (to: Change) =>
      setParameters(
        (now) => {
          const next = new URLSearchParams(now);
          if (!PLACES.some((name) => name in to)) PLACES.forEach((name) => next.delete(name));
          for (const [name, value] of Object.entries(to)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setParameters],
  );
  return [parameters, change];
}

/** The range of days, in the workspace's time zone. */
export function useRange(): RangeFilter {
  const { timezone } = useWorkspace();
  const [parameters, change] = useAddress();
  const today = localDay(timezone);
  return useMemo(() => {
    const range = rangeOf(parameters, today);
    const previous = previousRange(range);
    return {
      range,
      previous,
      setRange: (to) =>
        typeof to === "string"
          ? change({ range: to === DEFAULT_PRESET ? null : to, from: null, to: null })
          : change({ range: null, from: to.start, to: to.end }),
      query: { startDate: range.start, endDate: range.end },
      previousQuery: { startDate: previous.start, endDate: previous.end },
    };
  }, [parameters, today, change]);
}

/**
 * Text filters by name: `const [filters, setFilter] = useFilters(["service", "model"])`.
 * What is not set is absent, so the object can be given to a query as it is.
 */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Partial<Record<Name, string>>, (change: Partial<Record<Name, string | null>>) => void] {
  const [parameters, change] = useAddress();
  const text = names.map((name) => parameters.get(name) ?? "").join("\n");
  const filters = useMemo(() => {
    const values = text.split("\n");
    return Object.fromEntries(
      names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])),
    ) as Partial<Record<Name, string>>;
    // The names are a constant of the screen; what they stand for is in `text`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  return [filters, change];
}
