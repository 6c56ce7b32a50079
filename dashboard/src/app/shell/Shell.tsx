import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { useIdentity } from "../../auth/context";
import { useT } from "../../i18n/context";
import type { Place } from "../address";
import { AlertsBell } from "./AlertsBell";
import { BottomBar } from "./BottomBar";
import { Brand } from "./Brand";
import { Live } from "./Live";
import { NavLinks } from "./NavLinks";
import { NavDrawer } from "./NavDrawer";
import classes from "./Shell.module.css";
import { StaleNotice } from "./StaleNotice";
import { UserMenu } from "./UserMenu";
import { WorkspaceChooser } from "./WorkspaceChooser";
import { WorkspaceProvider } from "./WorkspaceProvider";

/** Navigation and the screens within it. */
export function Shell({ place }: { place: Place }) {
  return (
    <WorkspaceProvider workspaceId={place.workspaceId}>
      {(instead) => <Frame place={place} instead={instead} />}
    </WorkspaceProvider>
  );
}

/** Navigation around the screens: a rail beside them, or a bar above and one below on a phone. */
function Frame({ place, instead }: { place: Place; instead: ReactNode }) {
  const t = useT();
  const { role } = useIdentity();
  const [drawer, setDrawer] = useState(false);
  const { pathname } = useLocation();
  const loading = useNavigation().state === "loading";
  const main = useFocusOnChange(pathname);
  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        {t("nav.skip")}
      </a>
      <section className={classes.rail} aria-label={t("nav.frame")}>
        <div className={classes.railTop}>
          <Link to="/" className={classes.home} aria-label={t("nav.start")}>
            <Brand />
          </Link>
          <div className={classes.tools}>
            {!instead && (role !== "operator" || place.workspaceId) ? <AlertsBell /> : null}
            <UserMenu compact />
          </div>
        </div>
        <div className={classes.railBody}>
          <WorkspaceChooser />
          <nav aria-label={t("nav.main")}>
            <NavLinks withWorkspace={place.workspaceId !== null} />
          </nav>
        </div>
        <div className={classes.railFoot}>
          {!instead && place.workspaceId !== null && <Live workspaceId={place.workspaceId} />}
          <UserMenu />
        </div>
      </section>
      <main
        ref={main}
        id="main"
        className={classes.main}
        tabIndex={-1}
        data-loading={loading || undefined}
      >
        <div className={classes.page} key={pathname}>
          {instead ?? <Outlet />}
        </div>
        <StaleNotice />
      </main>
      <ScrollRestoration />
      <BottomBar withWorkspace={place.workspaceId !== null} onMore={() => setDrawer(true)} />
      <NavDrawer
        opened={drawer}
        onClose={() => setDrawer(false)}
        withWorkspace={place.workspaceId !== null}
      />
    </div>
  );
}

/** Moves the keyboard to the new screen, so that it is read and reached next. */
function useFocusOnChange(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
