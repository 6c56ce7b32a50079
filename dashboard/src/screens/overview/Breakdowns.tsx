import { useSearchParams } from "react-router";
import type { components } from "../../api/generated/schema";
import { BarList } from "../../charts/BarList";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card, Columns } from "../../ui/Card";
import { Money } from "../../ui/Figure";
import { MoreLink } from "../../ui/MoreLink";
import { exploreLink } from "./explore";

type Service = components["schemas"]["ServiceShare"];
type Model = components["schemas"]["ModelShare"];

const SHOWN = 6;

/** What it is spent on: services and models, largest cost first. */
export function Breakdowns({ services, models }: { services: Service[]; models: Model[] }) {
  const t = useT();
  const formats = useFormats();
  const [address] = useSearchParams();
  return (
    <Columns>
      <Card
        title={t("overview.services")}
        actions={
          <MoreLink to={exploreLink(address, { groupBy: "service" })} of={t("overview.services")} />
        }
      >
        <BarList
          label={t("overview.services")}
          items={services.slice(0, SHOWN).map(({ service, cost, share }) => ({
            key: service,
            name: service,
            share,
            value: <Money value={cost} />,
            detail: formats.percent(share),
            to: exploreLink(address, { groupBy: "model", service }),
          }))}
        />
      </Card>
      <Card
        title={t("overview.models")}
        actions={
          <MoreLink to={exploreLink(address, { groupBy: "model" })} of={t("overview.models")} />
        }
      >
        <BarList
          label={t("overview.models")}
          items={models.slice(0, SHOWN).map(({ service, model, cost, share }) => ({
            key: `${service}/${model ?? ""}`,
            name: model ?? t("common.noModel"),
            note: service,
            share,
            value: <Money value={cost} />,
            detail: formats.percent(share),
            to: exploreLink(address, { groupBy: "day", service, ...(model ? { model } : {}) }),
          }))}
        />
      </Card>
    </Columns>
  );
}
