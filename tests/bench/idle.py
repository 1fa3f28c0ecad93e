"""Memory per idle keep-alive connection: what a server holds more for some thousands that asked once and stay."""
import socket

from . import lab, proc

BEFORE = 64  # connections that have already been there, so that what the first ones cost is not divided by all
PER_ADDRESS = 10000  # source addresses 127.0.0.x share the load: an address has some 28,000 ports


def ask(connection, path):
    """One request on an open connection; the whole answer is read."""
    connection.sendall(b'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' % path.encode())
    data = b''
    while b'\r\n\r\n' not in data:
        data += received(connection)
    head, _, body = data.partition(b'\r\n\r\n')
    if head.split(b' ')[1] != b'200':
        raise lab.BenchError(f'an idle connection was answered with {head.splitlines()[0].decode()}')
    length = next(int(line[15:]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:'))
    while len(body) < length:
        body += received(connection)


def received(connection):
    data = connection.recv(1 << 18)
    if not data:
        raise lab.BenchError('an idle connection was closed by the server')
    return data


def opened(port, path, number):
    source = f'127.0.0.{1 + number // PER_ADDRESS}'
    connection = socket.create_connection(('127.0.0.1', port), timeout=10, source_address=(source, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ask(connection, path)
    return connection


def measure(server, result, wanted, descriptors):
    """Fills `result`, a sample, with bytes of resident memory per connection of the server's own processes."""
    count = min(wanted, descriptors - BEFORE - 200)
    if count < 500:
        raise lab.BenchError(f'a process may have no more than {descriptors} descriptors',
                             'ulimit -n 8192 in this shell, then run it again')
    held = []
    try:
        for number in range(BEFORE):
            held.append(opened(server.port, server.path, number))
        for _ in range(count // BEFORE):  # as many requests as will come
            for connection in held:
                ask(connection, server.path)
        proc.wait_quiet(server.pids(), 3)
        before = proc.resident_bytes(server.pids())
        for number in range(BEFORE, BEFORE + count):
            held.append(opened(server.port, server.path, number))
        proc.wait_quiet(server.pids(), 3)
        after = proc.resident_bytes(server.pids())
        ask(held[0], server.path)  # they are still served
        ask(held[-1], server.path)
    finally:
        for connection in held:
            connection.close()
    result['connections'] = count
    result['figures'] = {'idle_bytes': max(0, after - before) / count, 'peak_bytes': proc.peak_bytes(server.pids())}
