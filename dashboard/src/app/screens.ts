/**
 * Every screen: its path, who may see it, what the navigation calls it, the chunk it is in.
 *
 * `Component` is what the module exports; a screen is loaded when it is first opened.
 */

import {
  IconActivity,
  IconAdjustments,
  IconArrowsExchange,
  IconBell,
  IconBuildingSkyscraper,
  IconBulb,
  IconChartBar,
  IconCoins,
  IconCompass,
  IconDownload,
  IconFileInvoice,
  IconHome,
  IconKey,
  IconLayoutDashboard,
  IconReportMoney,
  IconShieldCheck,
  IconUsers,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Role } from "../auth/identity";
import type { Key } from "../i18n/messages";

export interface Screen {
  /** Below the root, as the router has it: `/users/:userId`. */
  path: string;
  title: Key;
  roles: readonly Role[];
  load: () => Promise<{ Component: ComponentType }>;
  /** How the navigation shows it; without it the screen is reached from another one. */
  nav?: {
    icon: ComponentType<{ size?: number; stroke?: number }>;
    group: NavGroup;
    /** Below a thumb, where the title has no room. */
    short?: Key;
    primary?: true;
  };
}

export type NavGroup = "insight" | "ledger" | "control" | "operator" | "own";

const ADMINS = ["admin", "operator"] as const;
const USERS = ["user"] as const;
const OPERATORS = ["operator"] as const;

export const SCREENS: readonly Screen[] = [
  {
    path: "/overview",
    title: "nav.overview",
    roles: ADMINS,
    load: () => import("../screens/overview"),
    nav: {
      icon: IconLayoutDashboard,
      group: "insight",
      short: "nav.short_overview",
      primary: true,
    },
  },
  {
    path: "/explore",
    title: "nav.explore",
    roles: ADMINS,
    load: () => import("../screens/explore"),
    nav: { icon: IconCompass, group: "insight", primary: true },
  },
  {
    path: "/insights",
    title: "nav.insights",
    roles: ADMINS,
    load: () => import("../screens/insights"),
    nav: { icon: IconBulb, group: "insight" },
  },
  {
    path: "/users",
    title: "nav.users",
    roles: ADMINS,
    load: () => import("../screens/users"),
    nav: { icon: IconUsers, group: "ledger", primary: true },
  },
  {
    path: "/users/:userId",
    title: "nav.user",
    roles: ADMINS,
    load: () => import("../screens/user"),
  },
  {
    path: "/ledger",
    title: "nav.ledger",
    roles: ADMINS,
    load: () => import("../screens/ledger"),
    nav: { icon: IconArrowsExchange, group: "ledger" },
  },
  {
    path: "/exports",
    title: "nav.exports",
    roles: ADMINS,
    load: () => import("../screens/exports"),
    nav: { icon: IconDownload, group: "ledger" },
  },
  {
    path: "/limits",
    title: "nav.limits",
    roles: ADMINS,
    load: () => import("../screens/limits"),
    nav: { icon: IconBell, group: "control", short: "nav.short_limits", primary: true },
  },
  {
    path: "/prices",
    title: "nav.prices",
    roles: ADMINS,
    load: () => import("../screens/prices"),
    nav: { icon: IconCoins, group: "control" },
  },
  {
    path: "/keys",
    title: "nav.keys",
    roles: ADMINS,
    load: () => import("../screens/keys"),
    nav: { icon: IconKey, group: "control" },
  },
  {
    path: "/audit",
    title: "nav.audit",
    roles: ADMINS,
    load: () => import("../screens/audit"),
    nav: { icon: IconShieldCheck, group: "control" },
  },
  {
    path: "/settings",
    title: "nav.settings",
    roles: ADMINS,
    load: () => import("../screens/settings"),
    nav: { icon: IconAdjustments, group: "control" },
  },
  {
    path: "/workspaces",
    title: "nav.workspaces",
    roles: OPERATORS,
    load: () => import("../screens/workspaces"),
    nav: { icon: IconBuildingSkyscraper, group: "operator" },
  },
  {
    path: "/system",
    title: "nav.system",
    roles: OPERATORS,
    load: () => import("../screens/system"),
    nav: { icon: IconActivity, group: "operator" },
  },
  {
    path: "/home",
    title: "nav.home",
    roles: USERS,
    load: () => import("../screens/home"),
    nav: { icon: IconHome, group: "own", primary: true },
  },
  {
    path: "/usage",
    title: "nav.usage",
    roles: USERS,
    load: () => import("../screens/usage"),
    nav: { icon: IconChartBar, group: "own", primary: true },
  },
  {
    path: "/transactions",
    title: "nav.transactions",
    roles: USERS,
    load: () => import("../screens/transactions"),
    nav: { icon: IconReportMoney, group: "own", primary: true },
  },
  {
    path: "/statement",
    title: "nav.statement",
    roles: USERS,
    load: () => import("../screens/statement"),
    nav: { icon: IconFileInvoice, group: "own", primary: true },
  },
];

/** Screens that are about no single workspace: an operator opens them without having chosen one. */
export const WITHOUT_WORKSPACE: readonly string[] = ["/workspaces", "/system"];
