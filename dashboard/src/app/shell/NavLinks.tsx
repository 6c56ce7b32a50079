import { NavLink } from "react-router";
import { useIdentity } from "../../auth/context";
import { useT } from "../../i18n/context";
import { type NavGroup, type Screen, SCREENS, WITHOUT_WORKSPACE } from "../screens";
import classes from "./Shell.module.css";

type Linked = Screen & { nav: NonNullable<Screen["nav"]> };

/** The screens that this person can go to from where they are. */
export function useNavScreens(withWorkspace: boolean): Linked[] {
  const { role } = useIdentity();
  return SCREENS.filter(
    (screen): screen is Linked =>
      screen.nav !== undefined &&
      screen.roles.includes(role) &&
      (withWorkspace || WITHOUT_WORKSPACE.includes(screen.path)),
  );
}

const GROUPS: readonly NavGroup[] = ["own", "insight", "ledger", "control", "operator"];

export function NavLinks({
  withWorkspace,
  onFollow,
}: {
  withWorkspace: boolean;
  onFollow?: () => void;
}) {
  const t = useT();
  const screens = useNavScreens(withWorkspace);
  return GROUPS.map((group) => {
    const inside = screens.filter((screen) => screen.nav.group === group);
    if (!inside.length) return null;
    return (
      <div key={group} className={classes.group}>
        {group !== "own" && <div className={classes.groupName}>{t(`nav.group_${group}`)}</div>}
        <ul className={classes.links}>
          {inside.map(({ path, title, nav: { icon: Icon } }) => (
            <li key={path}>
              <NavLink
                to={path}
                className={classes.link}
                {...(onFollow ? { onClick: onFollow } : {})}
              >
                <Icon size={18} stroke={1.6} />
                <span>{t(title)}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </div>
    );
  });
}
