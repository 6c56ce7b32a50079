import { useApiQuery } from "../../api/context";
import { HeatMap } from "../../charts/HeatMap";
import { useRange } from "../../filters/useFilters";
import { weekday } from "../../format/dates";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Loaded } from "../../ui/Loaded";

const DAYS = 7;
const HOURS = 24;

/** Requests by weekday and hour, summed over the range. */
export function WeekMap() {
  const t = useT();
  const formats = useFormats();
  const { query } = useRange();
  const found = useApiQuery("/api/analytics/timeseries", { query: { ...query, groupBy: "hour" } });
  return (
    <Loaded query={found} height={262}>
      {({ timeseries }) => {
        const values = Array.from({ length: DAYS }, () => Array<number>(HOURS).fill(0));
        for (const { key, requests } of timeseries) {
          const [day = "", hour = "0"] = (key ?? "").split("T");
          const row = values[weekday(day)];
          if (row) row[Number(hour.slice(0, 2))] = (row[Number(hour.slice(0, 2))] ?? 0) + requests;
        }
        return (
          <HeatMap
            label={t("overview.hours")}
            data={{
              rows: values.map((_, index) => formats.weekday(index)),
              columns: Array.from({ length: HOURS }, (_, hour) => formats.hour(hour)),
              values,
              format: (value) =>
                t("overview.requestCount", {
                  count: formats.count(value),
                  quantity: Number(value),
                }),
            }}
          />
        );
      }}
    </Loaded>
  );
}
