import classes from "./charts.module.css";
import type { ChartData } from "./data";

/** The figures of a chart, every digit of them. */
export function ChartTable({
  label,
  data,
  height,
}: {
  label: string;
  data: ChartData;
  height: number;
}) {
  return (
    <div
      className={classes.tableWrap}
      style={{ height }}
      // What scrolls has to be reachable by keyboard.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      role="group"
      aria-label={label}
    >
      <table className={classes.table}>
        <thead>
          <tr>
            <td />
            {data.series.map(({ key, name }) => (
              <th key={key} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.categories.map((category, index) => (
            <tr key={category.key}>
              <th scope="row">{category.name ?? category.label}</th>
              {data.series.map(({ key, values }) => {
                const value = values[index];
                return (
                  <td key={key}>
                    {value === null || value === undefined ? "–" : data.exact(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
