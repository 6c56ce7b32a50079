import { UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { NavLink } from "react-router";
import { useT } from "../../i18n/context";
import { useNavScreens } from "./NavLinks";
import classes from "./Shell.module.css";

/** As many as a thumb finds without looking, and a way to the rest. */
const PLACES = 4;

export function BottomBar({
  withWorkspace,
  onMore,
}: {
  withWorkspace: boolean;
  onMore: () => void;
}) {
  const t = useT();
  const screens = useNavScreens(withWorkspace);
  const shown = screens.filter(({ nav }) => nav.primary ?? !withWorkspace).slice(0, PLACES);
  return (
    <nav className={classes.bottom} aria-label={t("nav.quick")}>
      {shown.map(({ path, title, nav: { icon: Icon, short } }) => (
        <NavLink key={path} to={path} className={classes.bottomLink}>
          <Icon size={21} stroke={1.6} />
          <span>{t(short ?? title)}</span>
        </NavLink>
      ))}
      {shown.length < screens.length && (
        <UnstyledButton className={classes.bottomLink} onClick={onMore}>
          <IconDots size={21} stroke={1.6} />
          <span>{t("nav.more")}</span>
        </UnstyledButton>
      )}
    </nav>
  );
}
