import { type ScaleBand, scaleBand, scaleLinear, type ScaleLinear } from "d3-scale";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";
import { useT } from "../i18n/context";
import classes from "./charts.module.css";
import { type ChartData, highest, lowest, sentenceOf } from "./data";
import { Tip } from "./Tip";
import { useWidth } from "./useWidth";

/** What a drawing inside the axes needs. */
export interface Frame {
  data: ChartData;
  x: ScaleBand<string>;
  y: ScaleLinear<number, number>;
  /** The place that is pointed at. */
  active: number | null;
  stacked: boolean;
}

const TOP = 10;
const BOTTOM = 26;
const RIGHT = 4;
const TICKS = 4;
/** Of an axis figure, about: for the room it takes, in pixels. */
const DIGIT = 7;
/** Labels stand at least so far from one another, from centre to centre; and so far apart. */
const LABEL_ROOM = 64;
const LABEL_GAP = 8;

/** About how wide a label is: letters of East Asia take the room of two. */
function widthOf(label: string): number {
  const wide = label.match(/[\u1100-\u11ff\u2e80-\ud7af]/g)?.length ?? 0;
  return (label.length + wide * 0.7) * DIGIT;
}

/** Axes, grid, pointer and keyboard; what is drawn between them is the caller's. */
export function Plot({
  label,
  data,
  height,
  stacked,
  fromEnd,
  onSelect,
  children,
}: {
  label: string;
  data: ChartData;
  height: number;
  stacked: boolean;
  /** Label the last place, and others back from it; else the first one. */
  fromEnd: boolean;
  onSelect: ((categoryKey: string) => void) | undefined;
  children: (frame: Frame) => ReactNode;
}) {
  const t = useT();
  const [element, width] = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const { categories } = data;
  const count = categories.length;

  const [low, high] = [lowest(data), highest(data, stacked)];
  const nothing = low === 0 && high === 0;
  const y = scaleLinear()
    .domain([low, nothing ? 1 : high])
    .nice(TICKS)
    .range([height - BOTTOM, TOP]);
  const ticks = nothing ? [0] : y.ticks(TICKS);
  const axis = data.axis ?? data.format;
  const left = Math.max(...ticks.map((tick) => axis(tick).length)) * DIGIT + 14;
  const x = scaleBand()
    .domain(categories.map(({ key }) => key))
    .range([left, Math.max(left + 1, width - RIGHT)])
    .paddingInner(0.28)
    .paddingOuter(0.1);
  const centre = (index: number) => (x(categories[index]?.key ?? "") ?? 0) + x.bandwidth() / 2;
  const widest = Math.max(...categories.map(({ label }) => widthOf(label)), 0);
  const room = Math.max(LABEL_ROOM, 1.5 * widest + LABEL_GAP);
  const every = Math.max(1, Math.ceil((count * room) / Math.max(1, width - left)));

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const from = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    const index = Math.floor(from / x.step());
    setActive(count ? Math.min(count - 1, Math.max(0, index)) : null);
  };
  const select = () => {
    const category = active === null ? undefined : categories[active];
    if (category) onSelect?.(category.key);
  };
  const press = (event: KeyboardEvent) => {
    const now = active ?? count - 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: count - 1 }[event.key];
    if (event.key === "Enter") select();
    else if (event.key === "Escape") setActive(null);
    else if (to !== undefined) {
      event.preventDefault();
      setActive(active === null ? now : Math.min(count - 1, Math.max(0, to)));
    }
  };

  return (
    <div
      ref={element}
      className={classes.plot}
      style={{ height }}
      data-selectable={onSelect ? true : undefined}
      role="slider"
      tabIndex={0}
      aria-label={t("common.chartHint", { label })}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, count - 1)}
      aria-valuenow={active ?? Math.max(0, count - 1)}
      aria-valuetext={sentenceOf(data, active ?? count - 1)}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={() => setActive(null)}
      onBlur={() => setActive(null)}
      onClick={select}
      onKeyDown={press}
    >
      {width > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          aria-hidden="true"
          className={classes.svg}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line
                x1={left}
                x2={width}
                y1={y(tick)}
                y2={y(tick)}
                className={tick ? classes.grid : classes.base}
              />
              <text x={left - 8} y={y(tick)} dy="0.32em" textAnchor="end" className={classes.tick}>
                {axis(tick)}
              </text>
            </g>
          ))}
          {categories.map((category, index) =>
            (fromEnd ? count - 1 - index : index) % every === 0 ? (
              <text
                key={category.key}
                x={Math.min(centre(index), width - RIGHT - widthOf(category.label) / 2)}
                y={height - 6}
                textAnchor="middle"
                className={classes.tick}
              >
                {category.label}
              </text>
            ) : null,
          )}
          {children({ data, x, y, active, stacked })}
        </svg>
      )}
      {nothing && (
        <p className={classes.nothing} aria-hidden="true">
          {t("common.nothing")}
        </p>
      )}
      {active !== null && !nothing && width > 0 && (
        <Tip data={data} index={active} left={centre(active)} width={width} />
      )}
    </div>
  );
}
