import { area, curveMonotoneX, line } from "d3-shape";
import { useId } from "react";
import { approximate, type Figure } from "../format/decimal";
import classes from "./charts.module.css";
import { colourOf } from "./data";
import type { Frame } from "./Plot";

type Point = [number, number];

/** Lines over the axes; the first one filled, the period before dashed behind it. */
export function Lines({ data, x, y, active }: Frame) {
  const id = useId();
  const { categories, series } = data;
  const pointsOf = (values: readonly (Figure | null)[]) =>
    categories.flatMap(({ key }, index): Point[] => {
      const value = values[index];
      if (value === null || value === undefined) return [];
      return [[(x(key) ?? 0) + x.bandwidth() / 2, y(approximate(value))]];
    });
  const draw = line().curve(curveMonotoneX);
  const fill = area()
    .curve(curveMonotoneX)
    .y0(y(0))
    .y1((point) => point[1]);
  const first = series.findIndex((one) => !one.previous);
  const behindFirst = series.map((one, index) => ({ ...one, index })).reverse();
  const activeKey = active === null ? undefined : categories[active]?.key;
  const activeX = activeKey === undefined ? null : (x(activeKey) ?? 0) + x.bandwidth() / 2;
  return (
    <>
      <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" stopColor={colourOf(series, first)} stopOpacity="0.2" />
        <stop offset="1" stopColor={colourOf(series, first)} stopOpacity="0.02" />
      </linearGradient>
      {activeX !== null && (
        <line
          x1={activeX}
          x2={activeX}
          y1={y.range()[1]}
          y2={y.range()[0]}
          className={classes.cursor}
        />
      )}
      {behindFirst.map(({ key, values, previous, index }) => {
        const points = pointsOf(values);
        const colour = colourOf(series, index);
        const [before, last] = [points.at(-2), points.at(-1)];
        const open = data.unfinished === true && !previous && points.length > 1;
        return (
          <g key={key}>
            {index === first && <path d={fill(points) ?? ""} fill={`url(#${id})`} />}
            {open && last && before && (
              <path
                d={draw([before, last]) ?? ""}
                stroke={colour}
                strokeWidth="2.25"
                strokeDasharray="1 5"
                strokeLinecap="round"
              />
            )}
            <path
              d={draw(open ? points.slice(0, -1) : points) ?? ""}
              fill="none"
              stroke={colour}
              strokeWidth={previous ? 1.5 : 2.25}
              strokeDasharray={previous ? "2 5" : undefined}
              strokeLinecap="round"
              strokeLinejoin="round"
            />
            {!previous && active === null && last && (
              <circle cx={last[0]} cy={last[1]} r="3.5" fill={colour} />
            )}
          </g>
        );
      })}
      {activeX !== null &&
        active !== null &&
        series.map(({ key, values }, index) => {
          const value = values[active];
          if (value === null || value === undefined) return null;
          return (
            <circle
              key={key}
              cx={activeX}
              cy={y(approximate(value))}
              r="4"
              fill={colourOf(series, index)}
              className={classes.dot}
            />
          );
        })}
    </>
  );
}
