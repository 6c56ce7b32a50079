import { approximate } from "../format/decimal";
import { colourOf } from "./data";
import type { Frame } from "./Plot";

/** Bars over the axes, side by side or one on another. */
export function Bars({ data, x, y, active, stacked }: Frame) {
  const { categories, series } = data;
  const width = stacked ? x.bandwidth() : x.bandwidth() / Math.max(1, series.length);
  const radius = Math.min(3, width / 3);
  return categories.map(({ key }, place) => {
    let below = 0;
    return (
      <g key={key} opacity={active === null || active === place ? 1 : 0.55}>
        {series.map(({ key: name, values }, index) => {
          const value = approximate(values[place] ?? 0);
          const from = stacked ? below : 0;
          below += value;
          const [start, end] = [y(from), y(from + value)];
          const height = Math.abs(start - end);
          if (height === 0) return null;
          return (
            <rect
              key={name}
              x={(x(key) ?? 0) + (stacked ? 0 : index * width)}
              y={Math.min(start, end)}
              width={Math.max(1, width - (stacked || series.length === 1 ? 0 : 1))}
              height={Math.max(1, height - (stacked && from > 0 ? 1 : 0))}
              rx={stacked ? 1 : radius}
              fill={colourOf(series, index)}
            />
          );
        })}
      </g>
    );
  });
}
