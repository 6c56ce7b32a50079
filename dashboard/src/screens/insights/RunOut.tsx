import { useState } from "react";
import { useNavigate } from "react-router";
import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";

type User = components["schemas"]["CreditRunOut"];

/** Those whose credits run out first; the rest when they are asked for. */
const SHOWN_FIRST = 6;

/** Whose credits run out, and when. */
export function RunOut({
  basis,
  users,
}: {
  basis: components["schemas"]["ForecastBasis"];
  users: User[];
}) {
  const t = useT();
  const formats = useFormats();
  const navigate = useNavigate();
  const [all, setAll] = useState(false);
  const columns: Column<User>[] = [
    { key: "user", title: t("insights.user"), cell: ({ userId }) => userId, main: true },
    {
      key: "date",
      title: t("insights.runsOut"),
      cell: ({ date }) => formats.longDay(date),
      numeric: true,
      aside: true,
    },
  ];
  return (
    <Card
      title={t("insights.runOut")}
      note={
        basis.activeUsers > 0 &&
        t("insights.runOutMethod", {
          days: formats.count(basis.creditDays),
          ahead: formats.count(basis.runOutDays),
          asked: formats.count(basis.askedUsers),
          active: formats.count(basis.activeUsers),
          lately: formats.count(basis.activeDays),
        })
      }
      flush
    >
      <DataTable
        label={t("insights.runOut")}
        columns={columns}
        data={{
          rows: all ? users : users.slice(0, SHOWN_FIRST),
          total: users.length,
          hasMore: !all && users.length > SHOWN_FIRST,
          more: () => setAll(true),
        }}
        rowKey={({ userId }) => userId}
        onOpen={({ userId }) => void navigate(`/users/${encodeURIComponent(userId)}`)}
        empty={<EmptyState title={t("insights.noRunOut")} text={t("insights.noRunOutText")} />}
      />
    </Card>
  );
}
