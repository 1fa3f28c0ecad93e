"""What all contestants have in common: a port, processes, a store, what they count and what they answer.

Each has two workers. A server is made for one load and stopped after it, so that none inherits the other's memory,
connections or data.
"""
import re

from . import fetch, lab, proc

WORKERS = 2
HELLO = b'Hello\n'
STATS = re.compile(rb'Total requests = (\d+)\nRequests from this source IP = \d+\n'
                   rb'This source port has (?:never been seen|been seen already)\.\n'
                   rb'source ports which have been seen for your ip:\n(?:\d+ )+\n')


class Server:
    """Subclasses start the process; `path` is what the load asks, `redis` the store if it is one of our own."""

    title = ''
    path = '/'

    def __init__(self, bench_lab, redis=None):
        self.lab = bench_lab
        self.redis = redis
        self.port = lab.free_port()
        self.process = None

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}{self.path}'

    def stop(self):
        if self.process is not None:
            self.lab.end(self.process)
        if self.redis is not None:
            self.redis.stop()

    def pids(self):
        return proc.family(self.process.pid)

    def store_pids(self):
        return self.redis.pids() if self.redis is not None else []

    def served(self):
        """Requests that the server itself has counted so far, those of this program left out."""
        return self.redis.total()

    def check(self):
        """What one more answer says that cannot be; '' when it is as it must be. Remembers its size."""
        status, body = fetch.get(self.port, self.path)
        if status != 200:
            return f'answers with {status}'
        self.answer_size = len(body)
        return self.check_body(body)

    answer_size = 0

    def check_body(self, body):
        match = STATS.fullmatch(body)
        return '' if match else f'answers what the technique does not: {body[:200]!r}'


class Direct(Server):
    """The technique as published: four commands a request, no batches."""

    title = 'direct technique'

    def __init__(self, bench_lab, program, redis):
        super().__init__(bench_lab, redis)
        folder = bench_lab.subfolder('direct')
        self.command = [program, '--port', self.port, '--redis-port', redis.port, '--threads', WORKERS]
        self.process = bench_lab.start(self.command, folder)
        # Nothing but `/` is served, and that counts: a connection will do.
        bench_lab.wait_up(self.process, self.title, lambda: 'listening' in (folder / 'log').read_text())
