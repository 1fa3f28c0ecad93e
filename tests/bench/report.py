"""The tables: every case with its servers, then the goals. Text for a terminal; colours only where they are wanted."""
import os
import sys

from . import figures

WIDTH = 16  # of a column of figures
NAME = 16


class Paint:
    def __init__(self, stream=sys.stdout):
        wanted = stream.isatty() and not os.environ.get('NO_COLOR') and os.environ.get('TERM', 'dumb') != 'dumb'
        self._codes = {'bold': '1', 'dim': '2', 'red': '31', 'green': '32'} if wanted else {}

    def __call__(self, colour, text):
        return f'\x1b[{self._codes[colour]}m{text}\x1b[0m' if colour in self._codes else text


def microseconds(value):
    if value < 1000:
        return f'{value:.0f} µs'
    return f'{value / 1000:.2f} ms' if value < 10_000 else f'{value / 1000:.1f} ms'


def size(value):
    return f'{value / 1024:.1f} KiB' if value < 1 << 20 else f'{value / (1 << 20):.1f} MiB'


SHOWN = {
    'rps': lambda v: f'{v:,.0f}',
    'p50_us': microseconds,
    'p99_us': microseconds,
    'cpu_us': lambda v: f'{v:.1f} µs' if v < 1000 else microseconds(v),
    'redis_commands': lambda v: f'{v:.3f}' if v < 1 else f'{v:.2f}',
    'peak_bytes': size,
    'idle_bytes': size,
}


def ratio(value):
    return f'{value:.3f}' if value < 0.1 else f'{value:.2f}' if value < 10 else f'{value:.1f}'


def extent(spread, shown):
    """The range, its unit once: "9.8–11.2 µs"."""
    low, high = shown(spread['min']), shown(spread['max'])
    number, _, unit = low.partition(' ')
    return f'{number}–{high}' if unit and high.endswith(unit) else f'{low}–{high}'


def columned(cells):
    return ''.join(f' {cell:>{WIDTH - 1}}' for cell in cells)


def case_lines(case, paint):
    """One case of figures.summary: for each server its medians, their range, and the same as ratios to the mark."""
    columns = [(name, heading) for name, heading, _ in figures.FIGURES
               if any(name in server['figures'] for server in case['servers'])]
    if not columns:
        return []
    lines = ['', paint('bold', case['title'])]
    lines.append(paint('dim', ' ' * NAME + columned(heading for _, heading in columns)))
    for server in case['servers']:
        spreads = server['figures']
        if not spreads:
            lines.append(f'{server["server"]:<{NAME}}' + paint('red', 'no round counts'))
            continue

        def row(name, spreads, shown):
            """The middle of each column, and below it the range where there is more than one round."""
            found = [spreads.get(column) for column, _ in columns]
            cells = [shown(column)(spread['median']) if spread else '–' for (column, _), spread in zip(columns, found)]
            lines.append(f'{name:<{NAME}}' + columned(cells))
            if any(spread and spread['count'] > 1 for spread in found):
                cells = [extent(spread, shown(column)) if spread else '' for (column, _), spread in zip(columns, found)]
                lines.append(paint('dim', f'{"  range":<{NAME}}' + columned(cells)))

        row(server['server'], spreads, SHOWN.get)
        to_mark = server['to_mark']
        ratios = {name: to_mark[name] for name, _, told in figures.FIGURES if told and name in to_mark}
        if ratios:
            row(f'  / {case["mark"]}', ratios, lambda _: ratio)
    return lines


def trouble_lines(samples, paint):
    """Every sample that does not count, and why."""
    lines, seen = [], set()
    for sample in samples:
        if sample['error']:
            where = f'{sample["case"]}, {sample["server"]}, round {sample["round"]}'
            first, *rest = sample['error'].split('\n')
            lines.append(paint('red', f'does not count: {where}: ') + first)
            if sample['server'] not in seen:  # the log of one failure will do
                lines += rest
            if rest:
                seen.add(sample['server'])
    return lines


def ledger_lines(samples, paint):
    lines = []
    for sample in samples:
        if sample['case'] == 'ledger' and 'ledger' in sample:
            told = sample['ledger']
            verdict = paint('red', 'does not hold') if sample['error'] else paint('green', 'holds')
            lines.append(f'ledger, {sample["server"]}, {sample["connections"]} connections: {told["acknowledged"]:,} '
                         f'answers checked, {told["stored"]:,} in the store: {verdict}')
    counted = [s for s in samples if s.get('stored') is not None and not s['error']]
    if counted:
        lines.append(f'counts: in {len(counted)} loads of wrk the store holds as many requests as were answered '
                     '(and those under way at the end, at most one a connection)')
    return lines


def goal_lines(judged, paint):
    if not judged:
        return []
    lines = ['', paint('bold', 'goals'), paint('dim', f'{"":<58}{"goal":>10}{"measured":>11}  {"range":<17}')]
    verdicts = {True: ('green', 'holds'), False: ('red', 'does not hold'), None: ('red', 'no round counts')}
    for goal, found in judged:
        bound = ('≥ ' if found['at_least'] else '≤ ') + goal.shown(goal.bound)
        spread = found['measured']
        middle = goal.shown(spread['median']) if spread else '–'
        reach = extent(spread, goal.shown) if spread and spread['count'] > 1 else ''
        colour, verdict = verdicts[found['holds']]
        lines.append(f'{goal.text:<58}{bound:>10}{middle:>11}  {reach:<17}{paint(colour, verdict)}')
    return lines


def machine_lines(machine, mode, paint):
    versions = machine['versions']
    shared = f'{machine["cores"]} cores, shared by the server, its store and wrk -t1'
    busy = machine['busy_cores_before']
    noise = f'other work kept {busy:.1f} cores busy before the run: expect noise, also in the ratios'
    return [
        f'{paint("bold", shared)} ({machine["model"]}, {machine["memory_bytes"] / (1 << 30):.0f} GiB, '
        f'Linux {machine["kernel"]})',
        f'{versions["evloom"]} ({machine["commit"]}), {versions["nginx"]}, {versions["wrk"]}, {versions["redis-server"]}',
        mode,
        *([paint('red', noise)] if busy > 0.2 else []),
    ]
