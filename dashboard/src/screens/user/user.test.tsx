import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Component } from "./index";

test("somebody without an account can be given credits, and not be erased", async () => {
  serve({});
  await renderScreen(<Component />, { at: "/users/zoe", route: "/users/:userId" });
  await screen.findByText("No account yet");
  expect(screen.queryByRole("button", { name: "Erase" })).toBeNull();
  expect(screen.queryByRole("tab")).toBeNull();

  await userEvent.click(screen.getByRole("button", { name: "Post a transaction" }));
  const field = await screen.findByLabelText<HTMLInputElement>(/^User/);
  expect(field.value).toBe("zoe");
});
