import { Button, Checkbox, TextInput } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { Confirm } from "../../ui/Confirm";
import { Id } from "../../ui/CopyButton";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { When } from "../../ui/Figure";
import { fieldErrors, Form } from "../../ui/form";
import { Page } from "../../ui/Page";
import { RowAction } from "../../ui/RowAction";
import { Tag } from "../../ui/Tag";
import own from "./keys.module.css";

type ApiKey = components["schemas"]["ApiKey"];
type Scope = ApiKey["scopes"][number];

const SCOPES: readonly Scope[] = ["usage:write", "usage:read", "credits:write"];

/** The keys of backends: made, shown once, replaced, revoked. */
export function Component() {
  const t = useT();
  const [making, setMaking] = useState<{ replaces: ApiKey | null } | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const revoke = useApiMutation("delete", "/api/admin/api-keys/{id}");
  const list = useApiList("/api/admin/api-keys", {}, (page) => page.apiKeys);
  const columns: Column<ApiKey>[] = [
    { key: "name", title: t("keys.name"), cell: ({ name }) => name, main: true },
    { key: "scopes", title: t("keys.scopes"), cell: ({ scopes }) => scopes.join(", ") },
    {
      key: "used",
      title: t("keys.lastUsed"),
      cell: ({ lastUsedAt }) => (lastUsedAt ? <When at={lastUsedAt} ago /> : t("keys.never")),
    },
    {
      key: "made",
      title: t("keys.created"),
      cell: ({ createdAt }) => <When at={createdAt} />,
      minor: true,
    },
    {
      key: "state",
      title: t("keys.state"),
      cell: ({ revokedAt, expiresAt }) =>
        revokedAt ? (
          <Tag tone="bad">{t("keys.revoked")}</Tag>
        ) : expiresAt ? (
          <Tag tone="warn">{t("keys.expires")}</Tag>
        ) : (
          <Tag tone="good">{t("keys.active")}</Tag>
        ),
    },
    {
      key: "actions",
      title: t("keys.actions"),
      cell: (key) =>
        key.revokedAt ? null : (
          <>
            <RowAction onClick={() => setMaking({ replaces: key })}>{t("keys.rotate")}</RowAction>
            <RowAction danger onClick={() => setRevoking(key)}>
              {t("keys.revoke")}
            </RowAction>
          </>
        ),
      actions: true,
    },
  ];
  return (
    <Page
      title={t("keys.title")}
      lead={t("keys.lead")}
      actions={
        <Button
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => setMaking({ replaces: null })}
        >
          {t("keys.create")}
        </Button>
      }
    >
      <Card title={t("keys.all")} flush>
        <DataTable
          label={t("keys.all")}
          columns={columns}
          data={list}
          rowKey={({ id }) => id}
          empty={<EmptyState icon={IconKey} title={t("keys.none")} text={t("keys.noneText")} />}
        />
      </Card>
      {making && <NewKey replaces={making.replaces} onClose={() => setMaking(null)} />}
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t("keys.revokeTitle", { name: revoking?.name ?? "" })}
        action={t("keys.revoke")}
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() =>
          revoking &&
          revoke.mutate(
            { path: { id: revoking.id }, body: undefined },
            { onSuccess: () => setRevoking(null) },
          )
        }
      >
        {t("keys.revokeText")}
      </Confirm>
    </Page>
  );
}

/** A new key; to replace another it begins with the same name and scopes. Its secret shows once. */
function NewKey({ replaces, onClose }: { replaces: ApiKey | null; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(replaces?.name ?? "");
  const [scopes, setScopes] = useState<string[]>(replaces?.scopes ?? ["usage:write", "usage:read"]);
  const create = useApiMutation("post", "/api/admin/api-keys");
  const errors = fieldErrors(create.error);
  const secret = create.data && "secret" in create.data ? create.data.secret : undefined;
  return (
    <Dialog
      opened
      onClose={onClose}
      title={replaces ? t("keys.rotateTitle", { name: replaces.name }) : t("keys.create")}
    >
      {secret ? (
        <div className={classes.column}>
          <div className={own.once}>
            <strong>{t("keys.once")}</strong>
            <p>{replaces ? t("keys.onceRotated") : t("keys.onceText")}</p>
          </div>
          <div className={own.secret}>
            <Id value={secret} label={t("keys.copySecret")} />
          </div>
          <Button onClick={onClose}>{t("keys.stored")}</Button>
        </div>
      ) : (
        <Form
          onSubmit={() =>
            create.mutate({
              body: { name: name.trim(), scopes: SCOPES.filter((scope) => scopes.includes(scope)) },
            })
          }
          onCancel={onClose}
          submit={t(replaces ? "keys.rotate" : "keys.create")}
          busy={create.isPending}
          error={create.error}
        >
          <TextInput
            label={t("keys.name")}
            description={t("keys.nameHint")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors("/name")}
            withAsterisk
          />
          <Checkbox.Group
            label={t("keys.scopes")}
            value={scopes}
            onChange={setScopes}
            error={errors("/scopes")}
          >
            <div className={classes.column}>
              {SCOPES.map((scope) => (
                <Checkbox
                  key={scope}
                  value={scope}
                  label={scope}
                  description={t(`keys.scope_${scope.replace(":", "_") as "usage_write"}`)}
                />
              ))}
            </div>
          </Checkbox.Group>
        </Form>
      )}
    </Dialog>
  );
}
