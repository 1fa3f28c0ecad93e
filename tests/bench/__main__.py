"""Goes through rounds and cases, then writes bench.json and bench.svg and prints the tables.

Exit status: 0 when the run worked; 1 when it did not, an answer was wrong, or (--check) a goal is missed; 2 for a
command line that makes no sense; 130 when it was interrupted.
"""
import datetime
import json
import signal
import sys
import time

from . import cases, chart, figures, goals, lab, machine, options, progress, report

QUICK_ROUNDS = 3
FULL_ROUNDS = 5
QUICK_LIMIT = 55  # seconds: no round is begun that would probably not end by then, once there are two


def run(asked, chosen):
    """All samples, and how the servers were started. Without --rounds a quick run ends early on a slow machine."""
    rounds = asked.rounds or (QUICK_ROUNDS if asked.quick else FULL_ROUNDS)
    shown = progress.Progress()
    shown.total = sum(case.steps() * min(rounds, case.rounds) for case in chosen)
    began = time.monotonic()
    shortest = float('inf')
    with lab.Lab() as bench_lab:
        tools = cases.Tools(bench_lab, asked.programs, asked.seconds, asked.quick, shown.step, [])
        try:
            for number in range(1, rounds + 1):
                spent = time.monotonic() - began
                if asked.quick and not asked.rounds and number > 2 and spent + shortest > QUICK_LIMIT:
                    break
                shown.begin_round(f'round {number} of {rounds}')
                for case in chosen:
                    if number <= case.rounds:
                        case.run(tools, number)
                shortest = min(shortest, time.monotonic() - began - spent)
                tools.taken.clear()
        finally:
            shown.clear()
    return tools.samples, tools.configurations


def write(asked, result, chart_text):
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / 'bench.json').write_text(json.dumps(result, indent=1, ensure_ascii=False) + '\n')
    (asked.out / 'bench.svg').write_text(chart_text)


def bench(asked):
    chosen = options.select(asked)
    about = machine.describe(asked.programs, asked.root)
    began = time.monotonic()
    samples, configurations = run(asked, chosen)
    took = time.monotonic() - began

    rounds = max((sample['round'] for sample in samples), default=0)
    mode = (f'{rounds} round{"s" * (rounds > 1)} of {asked.seconds} s a load, servers in turn; medians, ratios within a '
            f'round; took {took:.0f} s')
    summary = figures.summary(samples, chosen)
    judged = goals.judge(samples)
    write(asked, {
        'format': 1,
        'when': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        'quick': asked.quick, 'rounds': rounds, 'seconds_per_load': asked.seconds, 'took_seconds': round(took, 1),
        'machine': about, 'goals': [found for _, found in judged], 'cases': summary, 'servers': configurations,
        'samples': samples,
    }, chart.draw(summary, f'{about["cores"]} cores shared by server, store and wrk -t1; {mode}'))

    paint = report.Paint()
    lines = report.machine_lines(about, mode, paint)
    for case in summary:
        lines += report.case_lines(case, paint)
    lines.append('')
    lines += report.trouble_lines(samples, paint)
    lines += report.ledger_lines(samples, paint)
    lines += report.goal_lines(judged, paint)
    lines += ['', f'written: {asked.out}/bench.json, {asked.out}/bench.svg']
    print('\n'.join(lines))

    wrong = any(sample['case'] == 'ledger' and sample['error'] for sample in samples)
    nothing = any(not server['counted'] for case in summary for server in case['servers'])
    missed = any(not found['holds'] for _, found in judged)
    return 1 if wrong or nothing or (asked.check and missed) else 0


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    asked = options.parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return bench(asked)
    except KeyboardInterrupt:
        print('bench: interrupted; nothing is left running', file=sys.stderr)
        return 130
    except lab.BenchError as error:
        print(f'bench: {error}', file=sys.stderr)
        if error.remedy:
            print(f'  what to do: {error.remedy}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
