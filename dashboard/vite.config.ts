import { readFileSync } from "node:fs";
import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";
import react from "@vitejs/plugin-react";
import { type Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { theme } from "./src/theme/theme.ts";

/** What the page may do; the hosting sends the same. */
const policy = (connect: string) =>
  `default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ${connect}; ` +
  "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

interface LocalCloud {
  apiUrl: string;
  awsEndpointUrl: string;
  region: string;
  userPoolId: string;
  userPoolClientId: string;
  liveUrl?: string;
}

/** The local cloud that `TALLY_STATE` names (default: the one of `make demo`). */
function localCloud(): LocalCloud | null {
  const folder = process.env["TALLY_STATE"] ?? "../.tally";
  try {
    return JSON.parse(readFileSync(`${folder}/local.json`, "utf8")) as LocalCloud;
  } catch {
    return null;
  }
}

/** Serves `/config.json` as the deployment would write it, for `npm run dev` and `npm run preview`. */
function settings(cloud: LocalCloud): Plugin {
  const config = JSON.stringify({
    region: cloud.region,
    userPoolId: cloud.userPoolId,
    clientId: cloud.userPoolClientId,
    cognitoUrl: cloud.awsEndpointUrl,
    ...(cloud.liveUrl ? { liveUrl: cloud.liveUrl } : {}),
    stage: "local",
  });
  const serve: Plugin["configureServer"] = (server) => {
    server.middlewares.use("/config.json", (_, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(config);
    });
  };
  return {
    name: "tally-settings",
    configureServer: serve,
    configurePreviewServer: serve as NonNullable<Plugin["configurePreviewServer"]>,
  };
}

/** The theme's variables as a file: the content security policy allows no <style> made at run time. */
function themeVariables(): Plugin {
  const id = "virtual:theme.css";
  return {
    name: "tally-theme",
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) =>
      asked === `\0${id}`
        ? convertCssVariables(
            defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme)),
            ":root",
          )
        : undefined,
  };
}

export default defineConfig(() => {
  const cloud = localCloud();
  const api = cloud && new URL(cloud.apiUrl);
  const proxy = api && {
    "/api": { target: api.origin, rewrite: (path: string) => api.pathname + path },
  };
  const connect = cloud
    ? `${cloud.awsEndpointUrl} ${cloud.awsEndpointUrl.replace("http", "ws")}`
    : "";
  return {
    plugins: [react(), themeVariables(), ...(cloud ? [settings(cloud)] : [])],
    ...(proxy
      ? {
          server: { proxy },
          preview: { proxy, headers: { "Content-Security-Policy": policy(connect) } },
        }
      : {}),
    build: {
      manifest: true,
      target: "es2023",
      sourcemap: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    test: {
      environment: "happy-dom",
      testTimeout: 30_000,
      setupFiles: ["src/test/setup.ts"],
      include: ["src/**/*.test.{ts,tsx}"],
    },
  };
});
