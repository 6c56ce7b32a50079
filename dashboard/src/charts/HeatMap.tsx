import { type KeyboardEvent, useState } from "react";
import { approximate, type Figure } from "../format/decimal";
import { useT } from "../i18n/context";
import classes from "./charts.module.css";
import { useWidth } from "./useWidth";

export interface HeatMapData {
  rows: readonly string[];
  columns: readonly string[];
  /** `values[row][column]`. */
  values: readonly (readonly Figure[])[];
  format: (value: Figure) => string;
}

const LEFT = 44;
const FOOT = 22;
const ROW = 30;
const GAP = 2;
const LABEL_ROOM = 40;

/** Figures as shades of one colour: rows by columns, read with the arrow keys or the pointer. */
export function HeatMap({ label, data }: { label: string; data: HeatMapData }) {
  const t = useT();
  const [element, width] = useWidth();
  const [active, setActive] = useState<[number, number] | null>(null);
  const { rows, columns, values, format } = data;
  const most = Math.max(...values.flat().map(approximate), 0) || 1;
  const cell = Math.max(1, (width - LEFT) / columns.length);
  const height = rows.length * ROW + FOOT;
  const every = Math.max(1, Math.ceil(LABEL_ROOM / cell));
  const sentence = (row: number, column: number) =>
    `${rows[row] ?? ""} ${columns[column] ?? ""}: ${format(values[row]?.[column] ?? 0)}`;
  const press = (event: KeyboardEvent) => {
    const [row, column] = active ?? [0, 0];
    const moves: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
    };
    const to = moves[event.key];
    if (!to) return;
    event.preventDefault();
    const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
    setActive(active ? [within(to[0], rows.length), within(to[1], columns.length)] : [row, column]);
  };
  const [row, column] = active ?? [0, 0];
  return (
    <div
      ref={element}
      className={classes.plot}
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-label={t("common.chartHint", { label })}
      aria-valuemin={0}
      aria-valuemax={rows.length * columns.length - 1}
      aria-valuenow={row * columns.length + column}
      aria-valuetext={sentence(row, column)}
      onKeyDown={press}
      onBlur={() => setActive(null)}
      onPointerLeave={() => setActive(null)}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true" className={classes.svg}>
          {rows.map((name, row) => (
            <g key={name}>
              <text x={0} y={row * ROW + ROW / 2} dy="0.35em" className={classes.tick}>
                {name}
              </text>
              {columns.map((title, column) => (
                <rect
                  key={title}
                  x={LEFT + column * cell}
                  y={row * ROW}
                  width={Math.max(1, cell - GAP)}
                  height={ROW - GAP}
                  rx="3"
                  fill={`color-mix(in oklab, var(--heat-1) ${Math.round(
                    100 * Math.sqrt(approximate(values[row]?.[column] ?? 0) / most),
                  )}%, var(--heat-0))`}
                  className={active?.[0] === row && active[1] === column ? classes.lit : undefined}
                  onPointerEnter={() => setActive([row, column])}
                />
              ))}
            </g>
          ))}
          {columns.map((title, column) =>
            column % every === 0 ? (
              <text key={title} x={LEFT + column * cell} y={height - 5} className={classes.tick}>
                {title}
              </text>
            ) : null,
          )}
        </svg>
      )}
      {active && (
        <div
          className={classes.tip}
          style={
            column > columns.length / 2
              ? { right: width - LEFT - column * cell + 8 }
              : { left: LEFT + (column + 1) * cell + 6 }
          }
          aria-hidden="true"
        >
          {sentence(row, column)}
        </div>
      )}
    </div>
  );
}
