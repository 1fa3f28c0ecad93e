"""The cases: who is measured under what.

A case takes its samples of one round; `mark` is whom the others are held against.
"""
import dataclasses
import json
import pathlib

from . import change, evloom, idle, lab, measure, nginx, redis, servers


EVERY = 1 << 30  # rounds


@dataclasses.dataclass
class Tools:
    """What a case works with."""

    lab: lab.Lab
    programs: pathlib.Path  # the folder of evloom, direct and bench_ledger
    seconds: int  # of one load
    quick: bool
    shown: object  # a function that is told what is being done
    samples: list
    taken: dict = dataclasses.field(default_factory=dict)  # within a round: marks that several cases share
    answer_sizes: dict = dataclasses.field(default_factory=dict)  # by case: what the file of nginx must be as large as

    configurations: dict = dataclasses.field(default_factory=dict)  # by contestant: the last one it was started with

    def make(self, contestant, size=0):
        """A started server."""
        server = self._start(contestant, size)
        self.configurations[contestant] = {'command': [str(word) for word in server.command],
                                           'configuration': getattr(server, 'configuration', '')}
        return server

    def _start(self, contestant, size):
        host, plain = self.programs / 'evloom', self.lab
        match contestant:
            case 'nginx':
                return nginx.Static(plain)
            case 'nginx file':
                return nginx.File(plain, size)
            case 'evloom hello':
                return evloom.Static(plain, host)
            case 'evloom lmdb' | 'evloom memory':
                return evloom.Stats(plain, host, contestant.split()[1])
        store = redis.Server(plain)
        try:
            match contestant:
                case 'evloom':
                    return evloom.Stats(plain, host, 'redis', store)
                case 'direct':
                    return servers.Direct(plain, self.programs / 'direct', store)
                case 'nginx + lua':
                    return nginx.Lua(plain, store)
        except BaseException:
            store.stop()
            raise
        raise ValueError(contestant)


@dataclasses.dataclass
class Load:
    """The same load on each contestant, one after the other."""

    name: str
    title: str
    servers: tuple
    connections: int = 256
    ports: int = 0  # source ports that the store has seen beforehand
    mark: str = 'nginx'
    quick: bool = False
    rounds: int = EVERY

    def steps(self):
        return len(self.servers)

    def run(self, tools, number):
        # Every other round the other way round: who comes after whom is nobody's advantage.
        order = self.servers if number % 2 else tuple(reversed(self.servers))
        if 'nginx file' in order and self.name not in tools.answer_sizes:
            order = tuple(sorted(order, key='nginx file'.__eq__))  # the size is known when evloom has answered
        for contestant in order:
            tools.shown(f'{self.name}: {contestant}')
            tools.samples.append(self._sample(tools, contestant, number))

    def _sample(self, tools, contestant, number):
        # A quick run has no time to measure the mark beside each case of a round; it shares one.
        shared = (number, contestant, self.connections) if tools.quick and contestant == 'nginx' else None
        if shared in tools.taken:
            return {**tools.taken[shared], 'case': self.name}
        result = measure.sample(self.name, contestant, number)
        result['connections'] = self.connections
        result['seconds'] = tools.seconds
        # As large as evloom's answer; where it gave none, as an answer with that many ports would be.
        size = tools.answer_sizes.get(self.name) or 150 + 6 * (self.ports + self.connections)

        def work(server):
            measure.under_load(tools.lab, server, result, self.connections, tools.seconds, self.ports)

        measure.guarded(result, lambda: tools.make(contestant, size), work)
        if contestant == 'evloom' and result.get('answer_bytes'):
            tools.answer_sizes[self.name] = result['answer_bytes']
        if shared:
            tools.taken[shared] = result
        return result


@dataclasses.dataclass
class Idle:
    """Thousands of connections that have asked once and stay open."""

    name: str
    title: str
    servers: tuple
    mark: str = 'nginx'
    quick: bool = True
    rounds: int = 3

    def steps(self):
        return len(self.servers)

    def run(self, tools, number):
        for contestant in self.servers:
            tools.shown(f'{self.name}: {contestant}')
            result = measure.sample(self.name, contestant, number)
            wanted = 2000 if tools.quick else 4000
            measure.guarded(result, lambda: tools.make(contestant),
                            lambda server: idle.measure(server, result, wanted, tools.lab.descriptors))
            tools.samples.append(result)


@dataclasses.dataclass
class Change:
    """Windows with swaps and reloads beside windows without, on one host."""

    name: str
    title: str
    servers: tuple = ('quiet', 'changing')
    connections: int = 64
    mark: str = 'quiet'
    quick: bool = True
    rounds: int = EVERY

    def steps(self):
        return 2

    def run(self, tools, number):
        plugin = tools.programs.parent / 'lib/evloom/plugins/stats.so'
        results = {which: measure.sample(self.name, which, number) for which in self.servers}
        for result in results.values():
            result.update(connections=self.connections, seconds=tools.seconds)
        host = None
        try:
            host = tools.make('evloom')
            changes = change.Changes(host, plugin)
            for which in self.servers if number % 2 else reversed(self.servers):
                tools.shown(f'{self.name}: {which}')
                change.window(tools.lab, host, results[which], self.connections, tools.seconds,
                              changes if which == 'changing' else None)
        except (lab.BenchError, OSError, ValueError, LookupError) as error:
            for result in results.values():
                result['error'] = result['error'] or measure.describe(error, host)
        finally:
            if host is not None:
                host.stop()
        tools.samples.extend(results.values())


@dataclasses.dataclass
class Ledger:
    """Full load by a client that checks every single answer against all others and the store."""

    name: str
    title: str
    servers: tuple
    connections: int = 256
    mark: str = ''
    quick: bool = True
    rounds: int = 1

    def steps(self):
        return len(self.servers)

    def run(self, tools, number):
        for contestant in self.servers:
            tools.shown(f'{self.name}: {contestant}')
            result = measure.sample(self.name, contestant, number)
            result['connections'] = self.connections
            measure.guarded(result, lambda: tools.make(contestant), lambda server: self._hold(tools, server, result))
            tools.samples.append(result)

    def _hold(self, tools, server, result):
        command = [tools.programs / 'bench_ledger', '--port', server.port, '--connections', self.connections,
                   '--seconds', tools.seconds]
        result['command'] = ' '.join(map(str, command))
        status, output = tools.lab.run(command, tools.seconds + 60)
        try:
            told = json.loads(output)
        except ValueError:
            raise lab.BenchError(f'bench_ledger ended with status {status}: {output.strip()}') from None
        result['ledger'] = told
        if server.redis and server.redis.total() != told['stored'] + 1:  # its own last request
            told['wrong'] += f'the host told {told["stored"]} as the total, Redis holds {server.redis.total() - 1}'
        if told['wrong'] or told['unknown'] or not told['acknowledged']:
            result['error'] = f'the ledger does not hold: {told}'


STATS = ('nginx', 'evloom', 'direct', 'nginx + lua')
GROWTH = ('nginx file', 'evloom')


def all_cases(quick):
    cases = [
        Load('static', 'static: hello against return 200, 256 connections', ('nginx', 'evloom hello'), quick=True),
        Load('redis-1', 'stats on Redis, 1 connection', STATS[:3] if quick else STATS, connections=1, quick=True),
        Load('redis-64', 'stats on Redis, 64 connections', STATS, connections=64),
        Load('redis-256', 'stats on Redis, 256 connections', STATS, quick=True),
        Load('redis-1000', 'stats on Redis, 1,000 connections', STATS, connections=1000),
        Load('lmdb', 'stats on LMDB, durability: interval, 256 connections', ('nginx', 'evloom lmdb'), quick=True),
        Load('memory', 'stats in memory, 256 connections', ('nginx', 'evloom memory')),
    ]
    for ports in (1, 1000, 28000):
        cases.append(Load(f'growth-{ports}', f'growth: {ports:,} source ports seen before; 256 connections',
                          GROWTH, ports=ports, mark='nginx file', quick=ports == 28000))
    cases += [
        Idle('idle', 'memory per idle keep-alive connection', ('nginx', 'evloom hello', 'evloom'),
             rounds=1 if quick else 3),
        Change('change', 'swaps and reloads under load on Redis, 64 connections', rounds=2 if quick else EVERY),
        Ledger('ledger', 'the ledger under 256 connections',
               ('evloom',) if quick else ('evloom', 'evloom lmdb', 'evloom memory')),
    ]
    return cases
