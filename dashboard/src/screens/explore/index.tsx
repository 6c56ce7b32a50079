import { Pill, Select } from "@mantine/core";
import { useNavigate } from "react-router";
import { useApiQuery } from "../../api/context";
import { useAddress, useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { SearchField } from "../../parts/SearchField";
import { ErrorState } from "../../ui/ErrorState";
import { ExportButton } from "../../ui/ExportButton";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import {
  addressOf,
  behind,
  type Filter,
  FILTERS,
  type Filters,
  groupsUnder,
  MEASURES,
  OUTCOMES,
  questionOf,
  withFilter,
} from "./question";
import { Result, RISE } from "./Result";

/** The address of another question about the same, so that one can go back from it. */
function linkTo(address: URLSearchParams, to: Record<string, string | null>): string {
  const next = new URLSearchParams(address);
  for (const [name, value] of Object.entries(to)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return `/explore?${next.toString()}`;
}

/** Any measure by anything it is kept by; a row leads a step deeper. All of it is in the address. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const navigate = useNavigate();
  const { query, previousQuery, previous, range } = useRange();
  const [address, change] = useAddress();
  const question = questionOf(address);
  const { filters, group, metric } = question;
  const rising = address.get("sort") === RISE;
  const groups = groupsUnder(filters);
  const ask = (to: Filters) => change(addressOf(to, group));
  const status = OUTCOMES.find((name) => name === filters.status);
  const selected = { ...filters, status, groupBy: group };
  const found = useApiQuery("/api/analytics/query", { query: { ...query, ...selected } });
  const before = useApiQuery("/api/analytics/query", { query: { ...previousQuery, ...selected } });
  const link = (key: string) => {
    const to = behind(question, key);
    return to && linkTo(address, to);
  };
  return (
    <Page
      title={t("explore.title")}
      lead={formats.range(range.start, range.end)}
      actions={
        <>
          <RangePicker />
          <ExportButton
            path="/api/analytics/export"
            query={{ ...query, ...selected, metric, kind: "summary" }}
          />
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
                    {t("explore.is", {
                      filter: t(`explore.f_${name}`),
                      value: name === "status" && status ? t(`usage.${status}`) : value,
                    })}
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
          rising={rising}
          answer={found.data}
          stale={found.isPlaceholderData}
          before={before.isPlaceholderData ? undefined : before.data}
          against={t("common.against", { range: formats.range(previous.start, previous.end) })}
          onSort={(by) => change(by === RISE ? { sort: by } : { metric: by, sort: null })}
          link={link}
          onOpen={(key) => {
            const to = link(key);
            if (to) void navigate(to);
          }}
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
