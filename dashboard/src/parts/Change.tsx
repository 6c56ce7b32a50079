import type { Figure } from "../format/decimal";
import { Delta, DeltaSoon } from "../ui/Stat";

/** A figure's change; its place is kept until what it is measured against is there. */
export function Change({
  now,
  before,
  against,
}: {
  now: Figure | undefined;
  before: Figure | undefined;
  against: string;
}) {
  if (now === undefined || before === undefined) return <DeltaSoon />;
  return <Delta now={now} before={before} against={against} />;
}
