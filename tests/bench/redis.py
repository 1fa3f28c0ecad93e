"""A redis-server of this run's own, without persistence, and a client that speaks just enough RESP for it."""
import socket

from . import lab, proc


class Client:
    def __init__(self, port):
        self._socket = socket.create_connection(('127.0.0.1', port), timeout=10)
        self._stream = self._socket.makefile('rb')
        self.sent = 0  # commands, to be taken off Redis' own count

    def close(self):
        self._stream.close()
        self._socket.close()

    def ask(self, *words):
        parts = [str(word).encode() for word in words]
        self._socket.sendall(b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts))
        self.sent += 1
        return read_reply(self._stream)


def read_reply(stream):
    """One reply of a status, integer, string or array; an error is raised."""
    line = stream.readline()
    if not line.endswith(b'\r\n'):
        raise lab.BenchError('redis-server closed the connection')
    kind, rest = line[:1], line[1:-2]
    if kind == b'-':
        raise lab.BenchError(f'redis-server: {rest.decode()}')
    if kind == b':':
        return int(rest)
    if kind == b'$':
        return None if rest == b'-1' else stream.read(int(rest) + 2)[:-2].decode()
    if kind == b'*':
        return [read_reply(stream) for _ in range(int(rest))]
    return rest.decode()


def info_field(text, name):
    """An integer of INFO's answer."""
    for line in text.splitlines():
        if line.startswith(name + ':'):
            return int(line.split(':')[1])
    raise lab.BenchError(f'redis-server tells no {name}')


class Server:
    def __init__(self, bench_lab):
        self.lab = bench_lab
        self.port = lab.free_port()
        folder = bench_lab.subfolder('redis')
        program = lab.find_program('redis-server', 'redis-server')
        self.command = [program, '--port', self.port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no',
                        '--dir', folder]
        self.process = bench_lab.start(self.command, folder)
        bench_lab.wait_up(self.process, 'redis-server', self._answers)
        self.client = Client(self.port)

    def _answers(self):
        try:
            client = Client(self.port)
        except OSError:
            return False
        try:
            return client.ask('PING') == 'PONG'
        finally:
            client.close()

    def stop(self):
        self.client.close()
        self.lab.end(self.process)

    def pids(self):
        return proc.family(self.process.pid)

    def commands(self):
        """Commands that all others have sent so far."""
        others = info_field(self.client.ask('INFO', 'stats'), 'total_commands_processed') - self.client.sent
        return others + 1  # INFO counts itself when it has ended

    def total(self):
        """Requests that the store has counted."""
        return int(self.client.ask('GET', 'requests:total') or 0)

    def seed_ports(self, count):
        """The set of source ports of 127.0.0.1 as `count` earlier clients have left it.

        They are those that the kernel gives to clients, from the lowest on, so that they are as long as real ones.
        """
        key, first = 'requests:ip:127.0.0.1:ports', 32768
        ports = list(range(first, first + count))
        for begin in range(0, count, 1000):
            self.client.ask('SADD', key, *ports[begin:begin + 1000])
