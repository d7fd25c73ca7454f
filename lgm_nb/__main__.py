"""Run a command in one process, or in those of `torchrun`: `torchrun --nproc-per-node 2 -m lgm_nb distill --data …`."""
import sys
from collections.abc import Callable

def list_commands() -> dict[str, Callable]:
    "Return the commands by name: `distill` is `lgm-distill`."
    from lgm_nb.cli import distil, doctor, measure, tables
    rooms = (distil, doctor, measure, tables)
    return {name.removeprefix('lgm_'): getattr(room, name) for room in rooms for name in room.__all__}

def take_command() -> Callable:
    "Take the name of a command from the arguments and return the command. Exits with 2 if there is no such command."
    found = list_commands()
    names, name = ', '.join(sorted(found)), sys.argv[1] if len(sys.argv) > 1 else ''
    if name in ('-h', '--help'):
        print(f'usage: python -m lgm_nb COMMAND [OPTIONS]\n\ncommands: {names}')
        sys.exit()
    if name not in found:
        problem = f'{name!r} is not a command' if name else 'no command given'
        print(f'error: {problem}; must be one of {names}', file=sys.stderr)
        sys.exit(2)
    sys.argv = [f'lgm-{name}', *sys.argv[2:]]
    return found[name]

if __name__ == '__main__':
    command = take_command()
    command() # not inside a function: it reads the arguments only when called from a script's top level
