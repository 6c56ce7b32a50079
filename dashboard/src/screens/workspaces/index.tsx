import { Button, Select, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useChooseWorkspace, useWanted } from "../../app/choose";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { fieldErrors, Form } from "../../ui/form";
import { Page } from "../../ui/Page";

type Workspace = components["schemas"]["Workspace"];

const ZONES = Intl.supportedValuesOf("timeZone");

/** Every workspace; choosing one opens it. */
export function Component() {
  const t = useT();
  const choose = useChooseWorkspace();
  const wanted = useWanted();
  const [making, setMaking] = useState(false);
  const list = useApiList("/api/admin/workspaces", {}, (page) => page.workspaces);
  const columns: Column<Workspace>[] = [
    {
      key: "name",
      title: t("operator.name"),
      cell: ({ name }) => <b>{name}</b>,
      main: true,
    },
    { key: "id", title: t("operator.id"), cell: ({ workspaceId }) => <code>{workspaceId}</code> },
    { key: "zone", title: t("operator.timezone"), cell: ({ timezone }) => timezone, minor: true },
    { key: "currency", title: t("operator.currency"), cell: ({ currency }) => currency },
  ];
  return (
    <Page
      title={t("operator.workspaces")}
      lead={t("operator.choose")}
      actions={
        <Button
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => setMaking(true)}
        >
          {t("operator.create")}
        </Button>
      }
    >
      <Card flush>
        <DataTable
          label={t("operator.workspaces")}
          columns={columns}
          data={list}
          rowKey={({ workspaceId }) => workspaceId}
          onOpen={({ workspaceId }) => choose(workspaceId, wanted)}
          empty={<EmptyState title={t("operator.none")} text={t("operator.noneText")} />}
        />
      </Card>
      {making && <NewWorkspace onClose={() => setMaking(false)} />}
    </Page>
  );
}

function NewWorkspace({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [draft, setDraft] = useState({
    workspaceId: "",
    name: "",
    timezone: "UTC",
    currency: "USD",
  });
  const create = useApiMutation("post", "/api/admin/workspaces");
  const errors = fieldErrors(create.error);
  const text = (name: "workspaceId" | "name" | "currency", label: string, description?: string) => (
    <TextInput
      label={label}
      description={description}
      value={draft[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
      error={errors(`/${name}`)}
      withAsterisk
      data-autofocus={name === "workspaceId" || undefined}
    />
  );
  return (
    <Dialog opened onClose={onClose} title={t("operator.create")}>
      <Form
        onSubmit={() => create.mutate({ body: draft }, { onSuccess: onClose })}
        onCancel={onClose}
        submit={t("operator.create")}
        busy={create.isPending}
        error={create.error}
      >
        {text("workspaceId", t("operator.id"), t("operator.idText"))}
        {text("name", t("operator.name"))}
        <Select
          label={t("operator.timezone")}
          description={t("operator.fixed")}
          data={["UTC", ...ZONES.filter((zone) => zone !== "UTC")]}
          value={draft.timezone}
          onChange={(timezone) => setDraft({ ...draft, timezone: timezone ?? "UTC" })}
          searchable
          allowDeselect={false}
          error={errors("/timezone")}
        />
        {text("currency", t("operator.currency"), t("operator.currencyText"))}
      </Form>
    </Dialog>
  );
}
