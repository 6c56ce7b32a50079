/** Every text of this language, by screen. */

import audit from "./audit.json";
import auth from "./auth.json";
import common from "./common.json";
import error from "./error.json";
import explore from "./explore.json";
import exports from "./exports.json";
import home from "./home.json";
import insights from "./insights.json";
import keys from "./keys.json";
import ledger from "./ledger.json";
import limits from "./limits.json";
import nav from "./nav.json";
import operator from "./operator.json";
import overview from "./overview.json";
import prices from "./prices.json";
import settings from "./settings.json";
import statement from "./statement.json";
import transactions from "./transactions.json";
import usage from "./usage.json";
import users from "./users.json";

export default {
  audit,
  auth,
  common,
  error,
  explore,
  exports,
  home,
  insights,
  keys,
  ledger,
  limits,
  nav,
  operator,
  overview,
  prices,
  settings,
  statement,
  transactions,
  usage,
  users,
};
