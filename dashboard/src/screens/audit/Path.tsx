import { Fragment } from "react";

/** An address that breaks before its slashes. */
export function Path({ of }: { of: string }) {
  const [first = "", ...rest] = of.split("/");
  return (
    <code>
      {first}
      {rest.map((part, index) => (
        <Fragment key={index}>
          <wbr />/{part}
        </Fragment>
      ))}
    </code>
  );
}
