"""evloom as shipped, with the configuration that a case needs."""
import json

from . import fetch
from .servers import HELLO, WORKERS, Server


class Evloom(Server):
    title = 'evloom'

    def __init__(self, bench_lab, program, yaml, redis=None):
        super().__init__(bench_lab, redis)
        self.program = program
        self.folder = bench_lab.subfolder('evloom')
        self.configuration = yaml.replace('PORT', str(self.port))
        self.file = self.folder / 'evloom.yaml'
        self.file.write_text(self.configuration)
        self.command = [program, 'run', '-c', self.file]
        self.process = bench_lab.start(self.command, self.folder)
        bench_lab.wait_up(self.process, self.title, lambda: fetch.good(self.port, '/readyz'))
        self._asked = 0
        self._before = self._requests()

    def _requests(self):
        # This very request is counted when it has been answered.
        _, body = fetch.get(self.port, '/metrics')
        self._asked += 1
        lines = body.decode().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith('evloom_requests_total '))

    def served(self):
        asked = self._asked
        return self._requests() - self._before - asked

    def command_line(self, *words):
        """Runs a command of the program against this host; its change as the API tells it."""
        status, output = self.lab.run([self.program, *words, '--admin', f'unix:{self.folder}/admin.sock', '--json'], 30)
        try:
            return status, json.loads(output)
        except ValueError:
            return status or 1, {'error': output}


COMMON = f'''\
threads: {WORKERS}
listen: [{{ http: "127.0.0.1:PORT", backlog: 1024 }}]
admin: {{ unix: admin.sock }}
epochs: {{ rollback_window: 100ms }}
'''
ROUTES = '''\
  - { path: "/readyz", builtin: ready }
  - { path: "/metrics", builtin: metrics }
'''


class Static(Evloom):
    path = '/hello'

    def __init__(self, bench_lab, program):
        super().__init__(bench_lab, program, COMMON + 'routes:\n  - { path: "/hello", handler: hello }\n' + ROUTES)

    def check_body(self, body):
        return '' if body == HELLO else f'answers {body[:200]!r}'


STORES = {
    'redis': '{ plugin: redis, host: 127.0.0.1, port: REDIS }',
    'lmdb': '{ plugin: lmdb, path: data, durability: interval }',
    'memory': '{ plugin: memory }',
}


class Stats(Evloom):
    def __init__(self, bench_lab, program, store, redis=None):
        store_line = STORES[store].replace('REDIS', str(redis.port) if redis else '')
        routes = 'routes:\n  - { path: "/", handler: stats, store: counters }\n' + ROUTES
        super().__init__(bench_lab, program, COMMON + f'stores: {{ counters: {store_line} }}\n' + routes, redis)
        self.title = 'evloom' if store == 'redis' else f'evloom, {store}'

    def counted(self):
        """What the store has counted, told by one more request, which is left out."""
        return int(fetch.get(self.port)[1].split(b'\n')[0].split()[-1]) - 1
