import { Pill, Select } from "@mantine/core";
import { useApiQuery } from "../../api/context";
import { useAddress, useFilters, useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { SearchField } from "../../parts/SearchField";
import { ErrorState } from "../../ui/ErrorState";
import { ExportButton } from "../../ui/ExportButton";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import {
  DRILL,
  type Filter,
  FILTERS,
  type Filters,
  type Group,
  groupsUnder,
  type Measure,
  MEASURES,
  withFilter,
} from "./question";
import { Result } from "./Result";

const OUTCOMES = ["success", "error"] as const;

/** Any measure by anything it is kept by; a row leads a step deeper. All of it is in the address. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [address, change] = useAddress();
  const [set] = useFilters(FILTERS);
  const filters: Filters = set;
  const groups = groupsUnder(filters);
  const group: Group = groups.find((name) => name === address.get("groupBy")) ?? "day";
  const metric: Measure = MEASURES.find((name) => name === address.get("metric")) ?? "cost";
  const ask = (to: Filters, next: Group = group) => {
    const cleared = Object.fromEntries(FILTERS.map((name) => [name, null]));
    const possible = groupsUnder(to).includes(next) ? next : "day";
    change({ ...cleared, ...to, groupBy: possible });
  };
  const status = OUTCOMES.find((name) => name === filters.status);
  const selected = { ...query, ...filters, status, groupBy: group };
  const found = useApiQuery("/api/analytics/query", { query: selected });
  const drill = DRILL[group];
  return (
    <Page
      title={t("explore.title")}
      lead={formats.range(range.start, range.end)}
      actions={
        <>
          <RangePicker />
          <ExportButton path="/api/analytics/export" query={{ ...selected, kind: "summary" }} />
        </>
      }
      filters={
        <>
          <Select
            aria-label={t("explore.groupBy")}
            data={groups.map((value) => ({ value, label: t(`explore.by_${value}`) }))}
            value={group}
            onChange={(value) => change({ groupBy: value })}
            allowDeselect={false}
          />
          <Select
            aria-label={t("explore.measure")}
            data={MEASURES.map((value) => ({ value, label: t(`explore.${value}`) }))}
            value={metric}
            onChange={(value) => change({ metric: value })}
            allowDeselect={false}
          />
          <AddFilter onAdd={(name, value) => ask(withFilter(filters, name, value))} />
        </>
      }
    >
      {Object.keys(filters).length > 0 && (
        <div className={classes.row}>
          {FILTERS.flatMap((name) => {
            const value = filters[name];
            return value === undefined
              ? []
              : [
                  <Pill
                    key={name}
                    withRemoveButton
                    onRemove={() => ask(withFilter(filters, name, null))}
                    removeButtonProps={{
                      "aria-label": t("explore.removeFilter", { filter: t(`explore.f_${name}`) }),
                      "aria-hidden": false,
                      tabIndex: 0,
                    }}
                  >
                    {t("explore.is", { filter: t(`explore.f_${name}`), value })}
                  </Pill>,
                ];
          })}
        </div>
      )}
      {found.error && !found.data ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Result
          group={group}
          metric={metric}
          answer={found.data}
          stale={found.isPlaceholderData}
          onMetric={(value) => change({ metric: value })}
          onOpen={
            drill
              ? (key) => {
                  // A model's key names its service first.
                  const model = group === "model" ? key.split("/").slice(1).join("/") : key;
                  const service = group === "model" ? { service: key.split("/")[0] ?? "" } : {};
                  ask({ ...withFilter(filters, drill.filter, model), ...service }, drill.next);
                }
              : undefined
          }
        />
      )}
    </Page>
  );
}

/** What to filter by is chosen first, its value typed after. */
function AddFilter({ onAdd }: { onAdd: (name: Filter, value: string) => void }) {
  const t = useT();
  const [address, change] = useAddress();
  const name = FILTERS.find((one) => one === address.get("filter"));
  return (
    <>
      <Select
        aria-label={t("explore.addFilter")}
        placeholder={t("explore.addFilter")}
        data={FILTERS.map((value) => ({ value, label: t(`explore.f_${value}`) }))}
        value={name ?? null}
        onChange={(value) => change({ filter: value })}
        clearable
      />
      {name === "status" && (
        <Select
          aria-label={t("explore.f_status")}
          placeholder={t("explore.f_status")}
          data={OUTCOMES.map((value) => ({ value, label: t(`usage.${value}`) }))}
          value={null}
          onChange={(value) => {
            if (value) onAdd("status", value);
          }}
        />
      )}
      {name !== undefined && name !== "status" && (
        <SearchField
          key={name}
          label={t("explore.valueOf", { filter: t(`explore.f_${name}`) })}
          value=""
          onSearch={(value) => {
            if (value.trim()) onAdd(name, value.trim());
          }}
        />
      )}
    </>
  );
}
