import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable, type TableData } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Count, When } from "../../ui/Figure";
import { Page } from "../../ui/Page";
import { RowAction } from "../../ui/RowAction";
import { RATES } from "./draft";
import { EditPrice } from "./EditPrice";
import { Reprice } from "./Reprice";

type Price = components["schemas"]["Price"];
type Unpriced = components["schemas"]["Unpriced"];

/** On one line, wherever the text around it breaks. */
const together = (text: string) => text.replaceAll(" ", "\u00a0");

/** The workspace's own prices, what still has none, and running the past through them. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const [editing, setEditing] = useState<{ service: string; model: string } | null>(null);
  const found = useApiQuery("/api/admin/prices", {});
  const data = <Row,>(rows: Row[] | undefined): TableData<Row> => ({
    rows,
    error: found.error,
    refetch: found.refetch,
  });
  const prices: Column<Price>[] = [
    { key: "service", title: t("prices.service"), cell: ({ service }) => service, main: true },
    { key: "model", title: t("prices.model"), cell: ({ model }) => model ?? t("common.noModel") },
    {
      key: "from",
      title: t("prices.from"),
      cell: ({ effectiveFrom }) => <When at={effectiveFrom} />,
    },
    {
      key: "price",
      title: t("prices.price"),
      cell: ({ perRequest, perMillion }) =>
        perRequest !== undefined
          ? t("prices.eachRequest", { amount: formats.exactMoney(perRequest) })
          : t("prices.eachMillion", {
              rates: RATES.flatMap((part) => {
                const rate = perMillion?.[part];
                return rate === undefined
                  ? []
                  : [together(`${t(`usage.item_${part}`)} ${formats.exactMoney(rate)}`)];
              }).join(" · "),
            }),
    },
  ];
  const unpriced: Column<Unpriced>[] = [
    { key: "service", title: t("prices.service"), cell: ({ service }) => service, main: true },
    { key: "model", title: t("prices.model"), cell: ({ model }) => model ?? t("common.noModel") },
    {
      key: "logs",
      title: t("prices.logs"),
      cell: ({ logs }) => <Count value={logs} />,
      numeric: true,
    },
    {
      key: "seen",
      title: t("prices.lastSeen"),
      cell: ({ lastSeen }) => <When at={lastSeen} ago />,
    },
    {
      key: "actions",
      title: t("prices.actions"),
      cell: ({ service, model }) => (
        <RowAction onClick={() => setEditing({ service, model: model ?? "" })}>
          {t("prices.set")}
        </RowAction>
      ),
      actions: true,
    },
  ];
  return (
    <Page
      title={t("prices.title")}
      lead={found.data && t("prices.lead", { version: found.data.book.version })}
      actions={
        <Button
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => setEditing({ service: "", model: "" })}
        >
          {t("prices.add")}
        </Button>
      }
    >
      <Card
        title={t("prices.unpriced")}
        note={Boolean(found.data?.unpriced.length) && t("prices.unpricedText")}
        flush
      >
        <DataTable
          label={t("prices.unpriced")}
          columns={unpriced}
          data={data(found.data?.unpriced)}
          rowKey={({ service, model }) => `${service}/${model ?? ""}`}
          empty={<EmptyState title={t("prices.allPriced")} text={t("prices.allPricedText")} />}
        />
      </Card>
      <Card title={t("prices.own")} flush>
        <DataTable
          label={t("prices.own")}
          columns={prices}
          data={data(found.data?.prices)}
          rowKey={({ service, model, effectiveFrom }) =>
            `${service}/${model ?? ""}/${effectiveFrom}`
          }
          empty={<EmptyState title={t("prices.noOwn")} text={t("prices.noOwnText")} />}
        />
      </Card>
      <Reprice />
      {editing && <EditPrice of={editing} onClose={() => setEditing(null)} />}
    </Page>
  );
}
