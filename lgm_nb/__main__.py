"""Run a command in the processes of `torchrun`, or in one: `torchrun --nproc-per-node 2 -m lgm_nb distill --data …`."""
import sys
from importlib.metadata import entry_points

def main() -> None:
    "Run the command that the first argument names: `distill` runs `lgm-distill`."
    commands = {e.name.removeprefix('lgm-'): e for e in entry_points(group='console_scripts') if e.name.startswith('lgm-')}
    name = sys.argv[1] if len(sys.argv) > 1 else ''
    if name not in commands: sys.exit(f"error: {name!r} is not a command; there are {', '.join(sorted(commands))}")
    sys.argv = [f'lgm-{name}', *sys.argv[2:]]
    commands[name].load()()

if __name__ == '__main__': main()
