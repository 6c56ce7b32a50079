import { useNavigate } from "react-router";
import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { Count, Money } from "../../ui/Figure";
import { MoreLink } from "../../ui/MoreLink";

type User = components["schemas"]["UserMeasures"];

/** Who it is spent by; a row opens the user. */
export function TopUsers({ users }: { users: User[] }) {
  const t = useT();
  const formats = useFormats();
  const navigate = useNavigate();
  const columns: Column<User>[] = [
    { key: "rank", title: t("overview.rank"), cell: ({ rank }) => rank, minor: true },
    { key: "user", title: t("overview.user"), cell: ({ userId }) => userId, main: true },
    {
      key: "cost",
      title: t("overview.cost"),
      cell: ({ cost }) => <Money value={cost} />,
      numeric: true,
    },
    {
      key: "share",
      title: t("overview.share"),
      cell: ({ share }) => formats.percent(share),
      numeric: true,
      minor: true,
    },
    {
      key: "requests",
      title: t("overview.requests"),
      cell: ({ requests }) => <Count value={requests} />,
      numeric: true,
    },
    {
      key: "tokens",
      title: t("overview.tokens"),
      cell: ({ tokens }) => <Count value={tokens.total} />,
      numeric: true,
      minor: true,
    },
    {
      key: "errors",
      title: t("overview.errors"),
      cell: ({ errorRate }) => formats.percent(errorRate),
      numeric: true,
      minor: true,
    },
  ];
  return (
    <Card
      title={t("overview.topUsers")}
      flush
      actions={<MoreLink to="/users" of={t("overview.users")} />}
    >
      <DataTable
        label={t("overview.topUsers")}
        columns={columns}
        data={{ rows: users }}
        rowKey={({ userId }) => userId}
        empty={null}
        onOpen={({ userId }) => void navigate(`/users/${encodeURIComponent(userId)}`)}
      />
    </Card>
  );
}
