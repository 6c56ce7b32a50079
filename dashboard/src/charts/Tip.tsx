import classes from "./charts.module.css";
import { type ChartData, colourOf } from "./data";

/** What is at the place that is pointed at. Stays inside the chart's width. */
export function Tip({
  data,
  index,
  left,
  width,
}: {
  data: ChartData;
  index: number;
  left: number;
  width: number;
}) {
  const category = data.categories[index];
  if (!category) return null;
  const side = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div className={classes.tip} style={side} aria-hidden="true">
      <div className={classes.tipTitle}>{category.name ?? category.label}</div>
      {data.series.map((series, place) => {
        const value = series.values[index];
        if (value === null || value === undefined) return null;
        return (
          <div key={series.key} className={classes.tipRow}>
            <svg width="8" height="8">
              <circle cx="4" cy="4" r="4" fill={colourOf(data.series, place)} />
            </svg>
            <span>{series.name}</span>
            <b>{data.format(value)}</b>
          </div>
        );
      })}
    </div>
  );
}
