"""`tally completion`: words for the shell to complete, made from the command line itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Final

from tally.cli._context import Arguments, Context

SHELLS: Final = ("bash", "zsh", "fish")

BASH: Final = """\
_tally() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="" each
  for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$each" in -*) ;; *) command="$each"; break ;; esac
  done
  case "$command" in
{cases}
    *) COMPREPLY=($(compgen -W "{commands}" -- "$word")) ;;
  esac
}}
complete -o default -F _tally tally
"""


def add(commands: Any) -> None:
    """The parser of this command."""
    completion = commands("completion", run, "a script that completes words: source it")
    completion.add_argument("shell", choices=SHELLS)


def run(context: Context, given: Arguments) -> int:
    """Print the script."""
    commands = dict(_commands(given.whole))
    if given.shell == "fish":
        context.say(*_fish(commands))
        return 0
    cases = "\n".join(
        f'    {name}) COMPREPLY=($(compgen -W "{" ".join(_words(made))}" -- "$word")) ;;'
        for name, made in commands.items()
    )
    if given.shell == "zsh":
        context.say("autoload -U +X bashcompinit && bashcompinit")
    context.say(BASH.format(cases=cases, commands=" ".join(commands)))
    return 0


def _commands(whole: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in whole._actions:  # noqa: SLF001 - argparse has no other way to look
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            yield from action.choices.items()


def _words(made: argparse.ArgumentParser) -> Iterator[str]:
    for action in made._actions:  # noqa: SLF001 - as above
        if action.help == argparse.SUPPRESS:
            continue
        yield from action.option_strings
        if not action.option_strings and action.choices:
            yield from map(str, action.choices)


def _fish(commands: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    for name, made in commands.items():
        does = (made.description or "").rstrip(".").replace("'", "")
        yield f"complete -c tally -n __fish_use_subcommand -f -a {name} -d '{does}'"
        for word in _words(made):
            if word.startswith("--"):
                inside = f"'__fish_seen_subcommand_from {name}'"
                yield f"complete -c tally -n {inside} -l {word.removeprefix('--')}"
