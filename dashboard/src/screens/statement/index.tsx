import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import {
  MonthPicker,
  PrintButton,
  PrintedFor,
  StatementView,
  useMonth,
} from "../../parts/StatementView";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";

/** A user's own account by the month, to be printed. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { userId } = useIdentity();
  const [month] = useMonth();
  const statement = useApiQuery("/api/transactions/statement", { query: { month } });
  return (
    <Page
      title={t("statement.title")}
      lead={
        <>
          {formats.month(month)}
          <PrintedFor userId={userId} />
        </>
      }
      actions={
        <>
          <MonthPicker />
          <PrintButton />
        </>
      }
    >
      <Loaded query={statement} height={480}>
        {(data) => <StatementView statement={data.statement} />}
      </Loaded>
    </Page>
  );
}
