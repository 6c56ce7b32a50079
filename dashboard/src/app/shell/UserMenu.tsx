import { ActionIcon, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
} from "@tabler/icons-react";
import { useIdentity, useSession } from "../../auth/context";
import { useLanguage } from "../../i18n/context";
import { type Language, LANGUAGES } from "../../i18n/messages";
import classes from "./Shell.module.css";

const SCHEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;
type Scheme = keyof typeof SCHEMES;

/** Who is signed in; language, light or dark, and the way out. */
export function UserMenu({ compact = false }: { compact?: boolean }) {
  const { t, language, setLanguage } = useLanguage();
  const { userId, role } = useIdentity();
  const session = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const check = <IconCheck size={16} aria-hidden="true" />;
  return (
    <Menu position={compact ? "bottom-end" : "top-start"} width={232} withinPortal>
      <Menu.Target>
        {compact ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            size={40}
            className={classes.phoneOnly ?? ""}
            aria-label={t("nav.account")}
          >
            <span className={classes.avatar}>{userId.slice(0, 1).toUpperCase()}</span>
          </ActionIcon>
        ) : (
          <UnstyledButton className={classes.user}>
            <span className={classes.avatar} aria-hidden="true">
              {userId.slice(0, 1).toUpperCase()}
            </span>
            <span className={classes.userText}>
              <span className="visually-hidden">{t("nav.account")}</span>
              <span className={classes.userName}>{userId}</span>
              <span className={classes.userRole}>{t(`nav.role_${role}`)}</span>
            </span>
            <IconSelector size={16} aria-hidden="true" />
          </UnstyledButton>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label
          className={classes.who ?? ""}
        >{`${userId} · ${t(`nav.role_${role}`)}`}</Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t("nav.language")}</Menu.Label>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <Menu.Item
            key={code}
            lang={code}
            onClick={() => setLanguage(code as Language)}
            rightSection={code === language ? check : null}
            aria-current={code === language || undefined}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t("nav.theme")}</Menu.Label>
        {(Object.keys(SCHEMES) as Scheme[]).map((scheme) => {
          const Icon = SCHEMES[scheme];
          return (
            <Menu.Item
              key={scheme}
              leftSection={<Icon size={16} stroke={1.6} />}
              onClick={() => setColorScheme(scheme)}
              rightSection={scheme === colorScheme ? check : null}
              aria-current={scheme === colorScheme || undefined}
            >
              {t(`nav.theme_${scheme}`)}
            </Menu.Item>
          );
        })}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.6} />}
          onClick={() => session.signOut()}
        >
          {t("nav.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
