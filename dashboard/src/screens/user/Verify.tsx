import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useApiQuery } from "../../api/context";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Id } from "../../ui/CopyButton";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Facts";
import { Loaded } from "../../ui/Loaded";
import { Tag } from "../../ui/Tag";

/** Re-proves the account from its first entry: every number, balance and hash. */
export function Verify({ userId }: { userId: string }) {
  const t = useT();
  const formats = useFormats();
  const [opened, setOpened] = useState(false);
  const proof = useApiQuery(
    "/api/admin/accounts/{userId}/verify",
    { path: { userId } },
    { enabled: opened },
  );
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={16} stroke={1.6} aria-hidden="true" />}
        onClick={() => setOpened(true)}
      >
        {t("users.verify")}
      </Button>
      <Dialog opened={opened} onClose={() => setOpened(false)} title={t("users.proof")}>
        <Loaded query={proof} height={180}>
          {(found) => (
            <>
              <div role="status">
                <Tag tone={found.verified ? "good" : "bad"}>
                  {t(found.verified ? "users.verified" : "users.notVerified")}
                </Tag>
              </div>
              <Facts
                facts={[
                  [t("users.entries"), formats.count(found.entries)],
                  [t("users.balance"), formats.count(found.balance)],
                  [t("users.recomputed"), formats.count(found.recomputedBalance)],
                  [
                    t("users.firstBad"),
                    found.firstBadSeq === undefined ? undefined : formats.count(found.firstBadSeq),
                  ],
                  [
                    t("users.verifiedFrom"),
                    found.verifiedFrom === undefined
                      ? undefined
                      : formats.count(found.verifiedFrom),
                  ],
                  [t("users.hash"), <Id key="hash" value={found.headHash} />],
                ]}
              />
            </>
          )}
        </Loaded>
      </Dialog>
    </>
  );
}
