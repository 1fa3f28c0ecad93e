"""One load by wrk: a single thread, keep-alive connections, each with one request at a time."""
import json
import pathlib

from . import lab

SCRIPT = pathlib.Path(__file__).parent / 'wrk.lua'
ERRORS = ('connect', 'read', 'write', 'status', 'timeout')


def parse(output):
    """The line that wrk.lua writes."""
    for line in output.splitlines():
        if line.startswith('result {'):
            return json.loads(line[len('result '):])
    raise lab.BenchError(f'wrk printed no result:\n{output.strip()}', 'run the command by hand')


def errors_in(result):
    """What went wrong in it, in words; '' when nothing did. `status` are answers above 399, which no case asks for."""
    return ', '.join(f'{result[name]} {name}' for name in ERRORS if result[name])


def command(url, connections, seconds):
    # No answer in 10 s is an error; the default of 2 s is within reach of the slowest contestant.
    return [lab.find_program('wrk', 'wrk'), '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '10s', '--latency',
            '-s', SCRIPT, url]


def begin(bench_lab, url, connections, seconds):
    return bench_lab.begin(command(url, connections, seconds))


def finish(bench_lab, child, seconds):
    status, output = bench_lab.finish(child, seconds + 30)
    if status != 0:
        raise lab.BenchError(f'wrk ended with status {status}:\n{output.strip()}',
                             'run it by hand: ' + ' '.join(child.args))
    return parse(output)
