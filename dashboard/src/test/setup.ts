import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// Waited for, not slept: a busy machine takes its time.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
  sessionStorage.clear();
  localStorage.clear();
});
