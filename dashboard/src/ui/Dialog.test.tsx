import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { renderScreen } from "../test/render";
import { Dialog } from "./Dialog";

function Opener() {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <button onClick={() => setOpened(true)}>Open</button>
      {opened && (
        <Dialog opened onClose={() => setOpened(false)} title="What it is">
          <button onClick={() => setOpened(false)}>Done</button>
        </Dialog>
      )}
    </>
  );
}

test("a dialog that goes away gives the focus back to what opened it", async () => {
  await renderScreen(<Opener />);
  const opener = screen.getByRole("button", { name: "Open" });
  await userEvent.click(opener);
  await userEvent.click(await screen.findByRole("button", { name: "Done" }));
  expect(document.activeElement).toBe(opener);
});
