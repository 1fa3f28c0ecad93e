"""One sample: a server of its own under one load, with what it cost and whether all of it was right."""
from . import lab, load, proc


def sample(case, server, number):
    return {'case': case, 'server': server, 'round': number, 'figures': {}, 'error': ''}


def store_total(server):
    """What the store has counted, where there is one."""
    if server.redis is not None:
        return server.redis.total()
    return server.counted() if hasattr(server, 'counted') else None


def under_load(bench_lab, server, result, connections, seconds, ports=0):
    """Fills `result`, a sample; an answer, a count or a connection that went wrong becomes its error."""
    if ports and server.redis is not None:
        server.redis.seed_ports(ports)
    result['command'] = ' '.join(map(str, load.command(server.url, connections, seconds)))
    processes = server.pids() + server.store_pids()
    commands = server.redis.commands() if server.redis else 0
    cpu = proc.cpu_ns(processes)
    told = load.finish(bench_lab, load.begin(bench_lab, server.url, connections, seconds), seconds)
    proc.wait_quiet(processes, 3)
    cpu = proc.cpu_ns(processes) - cpu
    commands = server.redis.commands() - commands if server.redis else None
    peak = proc.peak_bytes(server.pids())
    store_peak = proc.peak_bytes(server.store_pids())
    served = server.served()
    total = store_total(server)

    result['wrk'] = told
    result['served'] = served
    result['stored'] = total
    wrong = server.check()
    result['error'] = judge(told, served, total, connections) or wrong
    result['answer_bytes'] = server.answer_size
    if served == 0:
        result['error'] = result['error'] or 'served nothing'
        return
    result['figures'] = {
        'rps': told['requests'] / (told['duration_us'] / 1e6),
        'p50_us': told['p50_us'],
        'p99_us': told['p99_us'],
        # Of all that was served: wrk hangs up on the last ones without counting them, but they cost as much.
        'cpu_us': cpu / 1000 / served,
        'peak_bytes': peak + store_peak,
    }
    if commands is not None:
        result['figures']['redis_commands'] = commands / served


def judge(told, served, total, connections):
    """Whether nothing failed, and whether as many were served and stored as were answered.

    wrk stops in the middle: each of its connections may have one request more under way, which it does not count.
    """
    if wrong := load.errors_in(told):
        return f'errors: {wrong}'
    for what, count in (('the server served', served), ('the store counted', total)):
        if count is not None and not told['requests'] <= count <= told['requests'] + connections:
            return f'{told["requests"]} requests were answered, but {what} {count}'
    return ''


def describe(error, server):
    """An error with its remedy, or with the end of the server's log where that is what broke."""
    text = str(error)
    if getattr(error, 'remedy', ''):
        text += f'\n  what to do: {error.remedy}'
    if server is not None and server.process.poll() is not None:
        text += f'\n  {server.title} has ended with status {server.process.returncode}\n{lab.log_end(server.process)}'
    return text


def guarded(result, make, work):
    """Makes a server, lets `work` fill the sample and ends the server. What breaks becomes the sample's error."""
    server = None
    try:
        server = make()
        work(server)
    except (lab.BenchError, OSError, ValueError, LookupError) as error:
        result['error'] = describe(error, server)
    finally:
        if server is not None:
            server.stop()
    return result
