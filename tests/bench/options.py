"""The command line of `./dev bench`."""
import argparse
import pathlib

from . import cases


def parse(arguments):
    names = [case.name for case in cases.all_cases(False)]
    parser = argparse.ArgumentParser(prog='./dev bench', add_help=False, allow_abbrev=False)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--rounds', type=int, metavar='N')
    parser.add_argument('--seconds', type=int, metavar='N')
    parser.add_argument('--case', nargs='+', default=[], metavar='NAME')
    parser.add_argument('--out', type=pathlib.Path, metavar='DIR')
    parser.add_argument('--check', action='store_true')
    # For the script that calls this program.
    parser.add_argument('--root', type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument('--programs', type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    for name, value in (('--rounds', asked.rounds), ('--seconds', asked.seconds)):
        if value is not None and value < 1:
            parser.error(f'{name} must be at least 1')
    for name in asked.case:
        if not any(chosen(name, case) for case in names):
            parser.error(f'there is no case {name}; there are: {", ".join(names)}')
    asked.out = asked.out or asked.root / 'build/bench'
    asked.seconds = asked.seconds or (1 if asked.quick else 5)
    return asked


def chosen(name, case):
    """Whether a name means a case: its own name, or its beginning up to a hyphen, `redis` for all of `redis-…`."""
    return case == name or case.startswith(name + '-')


def select(asked):
    """The cases to run: those that were named, else all, else those of the quick run."""
    found = cases.all_cases(asked.quick)
    if asked.case:
        return [case for case in found if any(chosen(name, case.name) for name in asked.case)]
    return [case for case in found if case.quick or not asked.quick]
