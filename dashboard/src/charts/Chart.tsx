import { ActionIcon, Tooltip } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { use, useState } from "react";
import { createPortal } from "react-dom";
import { useT } from "../i18n/context";
import { Bars } from "./Bars";
import { ChartTable } from "./ChartTable";
import classes from "./charts.module.css";
import { type ChartData, colourOf } from "./data";
import { Lines } from "./Lines";
import { Plot } from "./Plot";
import { CardCorner } from "../ui/Card";

export type ChartKind = "line" | "bar" | "stacked";

/**
 * A chart, the legend it needs, and the table behind it one press away. Moved along with the arrow
 * keys, it says what is there; `onSelect` makes a place lead somewhere (press, or Enter).
 */
export function Chart({
  label,
  kind,
  data,
  height = 260,
  onSelect,
}: {
  label: string;
  kind: ChartKind;
  data: ChartData;
  /** In pixels, fixed: nothing below moves when figures come. */
  height?: number;
  onSelect?: (categoryKey: string) => void;
}) {
  const t = useT();
  const [asTable, setAsTable] = useState(false);
  const Icon = asTable ? IconChartBar : IconTable;
  const toggle = asTable ? t("common.asChart") : t("common.asTable");
  const corner = use(CardCorner);
  const button = (
    <Tooltip label={toggle}>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => setAsTable((now) => !now)}
        aria-label={toggle}
      >
        <Icon size={17} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
  return (
    <figure className={classes.figure} aria-label={label}>
      {(data.series.length > 1 || !corner) && (
        <div className={classes.top}>
          <Legend data={data} />
          {!corner && button}
        </div>
      )}
      {corner && createPortal(button, corner)}
      {asTable ? (
        <ChartTable label={label} data={data} height={height} />
      ) : (
        <Plot
          label={label}
          data={data}
          height={height}
          stacked={kind === "stacked"}
          fromEnd={kind === "line"}
          onSelect={onSelect}
        >
          {(frame) => (kind === "line" ? <Lines {...frame} /> : <Bars {...frame} />)}
        </Plot>
      )}
    </figure>
  );
}

function Legend({ data }: { data: ChartData }) {
  if (data.series.length < 2) return <span />;
  return (
    <ul className={classes.legend}>
      {data.series.map((series, index) => (
        <li key={series.key}>
          <svg width="14" height="10" aria-hidden="true">
            <line
              x1="1"
              x2="13"
              y1="5"
              y2="5"
              stroke={colourOf(data.series, index)}
              strokeWidth="3"
              strokeLinecap="round"
              strokeDasharray={series.previous ? "1 5" : undefined}
            />
          </svg>
          {series.name}
        </li>
      ))}
    </ul>
  );
}
