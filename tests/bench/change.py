"""Latency while a host changes: windows of the same load, with swaps and reloads and without, one after the other."""
import time

from . import lab, load, proc

EVERY = 0.4  # seconds from one change to the next


class Changes:
    """Swaps the handler and reloads the configuration by turns, each to something that differs from what runs."""

    def __init__(self, host, plugin):
        self._host = host
        self._plugin = plugin.read_bytes()
        self._serial = 0

    def make(self):
        self._serial += 1
        host = self._host
        if self._serial % 2:
            # What stands behind the ELF image makes another file of it, not another program.
            file = host.folder / f'stats-{self._serial}.so'
            file.write_bytes(self._plugin + b'variant %d' % self._serial)
            status, change = host.command_line('swap', 'stats', file)
        else:
            other = '  - { path: "/other", handler: hello }\n' if self._serial % 4 else ''
            host.file.write_text(host.configuration + other)
            status, change = host.command_line('reload')
        if status != 0 or change.get('outcome') != 'serving':
            raise lab.BenchError(f'change {self._serial} was not made: {change}')


def window(bench_lab, host, result, connections, seconds, changes=None):
    """Fills `result`, a sample, with the figures of one window."""
    result['command'] = ' '.join(map(str, load.command(host.url, connections, seconds)))
    processes = host.pids() + host.store_pids()
    proc.wait_quiet(processes, 3)  # what is left of the window before is counted by then
    before = host.redis.total()
    child = load.begin(bench_lab, host.url, connections, seconds)
    made = 0
    deadline = time.monotonic() + seconds
    while changes and time.monotonic() + EVERY < deadline:
        began = time.monotonic()
        changes.make()
        made += 1
        time.sleep(max(0, EVERY - (time.monotonic() - began)))
    told = load.finish(bench_lab, child, seconds)
    proc.wait_quiet(processes, 3)
    counted = host.redis.total() - before
    result['changes'] = made
    result['wrk'] = told
    result['figures'] = {'rps': told['requests'] / (told['duration_us'] / 1e6), 'p50_us': told['p50_us'],
                         'p99_us': told['p99_us']}
    if wrong := load.errors_in(told):
        result['error'] = f'errors: {wrong}'
    elif not told['requests'] <= counted <= told['requests'] + connections:
        result['error'] = f'{told["requests"]} requests were answered, but the store counted {counted}'
    elif changes and made == 0:
        result['error'] = 'no change was made while it ran'
