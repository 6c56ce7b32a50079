import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { Chart } from "../../charts/Chart";
import { useRange } from "../../filters/useFilters";
import { daysBetween } from "../../format/dates";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { WeekMap } from "./WeekMap";

type Hour = components["schemas"]["HourFigures"];

/** Hours are answered for no longer ranges. */
const MOST_DAYS = 31;

/** When it is busy: hours of the day, or the week hour by hour (asked for when it is wanted). */
export function Hours({ hours, peak }: { hours: Hour[]; peak: Hour | null }) {
  const t = useT();
  const formats = useFormats();
  const { range } = useRange();
  const [view, setView] = useState("day");
  const short = daysBetween(range.start, range.end) <= MOST_DAYS;
  const week = view === "week" && short;
  return (
    <Card
      title={t("overview.hours")}
      note={
        peak &&
        t("overview.peak", { hour: formats.hour(peak.hour), count: formats.count(peak.requests) })
      }
      actions={
        short && (
          <SegmentedControl
            size="xs"
            aria-label={t("overview.hours")}
            value={view}
            onChange={setView}
            data={[
              { value: "day", label: t("overview.byHour") },
              { value: "week", label: t("overview.byWeek") },
            ]}
          />
        )
      }
    >
      {week ? (
        <WeekMap />
      ) : (
        <Chart
          label={t("overview.hours")}
          kind="bar"
          height={230}
          data={{
            categories: hours.map(({ hour }) => ({
              key: String(hour),
              label: String(hour),
              name: `${formats.hour(hour)}–${formats.hour((hour + 1) % 24)}`,
            })),
            series: [
              {
                key: "requests",
                name: t("overview.requests"),
                values: hours.map((hour) => hour.requests),
              },
            ],
            ...formats.countScale,
          }}
        />
      )}
    </Card>
  );
}
