import { TagsInput } from "@mantine/core";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { fieldErrors, Form } from "../../ui/form";
import { Tag } from "../../ui/Tag";
import { Saved, type Saving } from "./save";

/** Who gets the alerts; AWS asks each address to confirm before it sends anything. */
export function Addresses({
  workspace,
  saving,
}: {
  workspace: components["schemas"]["Workspace"];
  saving: Saving;
}) {
  const t = useT();
  const [addresses, setAddresses] = useState(() =>
    workspace.alertEmails.map(({ address }) => address),
  );
  const { save, send } = saving;
  const errors = fieldErrors(save.error);
  const pointers = ["/alertEmails", ...addresses.map((_, index) => `/alertEmails/${index}`)];
  return (
    <Card title={t("settings.addresses")} note={t("settings.addressesText")}>
      <div className={classes.fields}>
        <Facts
          facts={workspace.alertEmails.map(({ address, confirmed }) => [
            address,
            <Tag key={address} tone={confirmed ? "good" : "warn"}>
              {t(confirmed ? "settings.confirmed" : "settings.unconfirmed")}
            </Tag>,
          ])}
        />
        <Form
          onSubmit={() => send({ alertEmails: addresses })}
          submit={t("settings.save")}
          busy={save.isPending}
          error={save.error}
        >
          <TagsInput
            label={t("settings.alertEmails")}
            description={t("settings.alertEmailsHint")}
            value={addresses}
            onChange={(to) => {
              setAddresses(to);
              save.reset();
            }}
            error={pointers.map(errors).find(Boolean)}
          />
          <Saved save={save} />
        </Form>
      </div>
    </Card>
  );
}
