"""Medians, ranges and ratios. Pure.

A sample is a dict: case, server, round, figures (name to number), error ('' when it counts), and how it was made.
"""
import statistics

# Name, heading, and whether a ratio to the mark says something.
FIGURES = (
    ('rps', 'requests/s', True),
    ('p50_us', 'p50', True),
    ('p99_us', 'p99', True),
    ('cpu_us', 'CPU/request', True),
    ('redis_commands', 'Redis/request', False),
    ('peak_bytes', 'peak memory', True),
    ('idle_bytes', 'per connection', True),
)


def spread(values):
    """Median, least, most and number of some values; None when there is none."""
    if not values:
        return None
    return {'median': statistics.median(values), 'min': min(values), 'max': max(values), 'count': len(values)}


def by_round(samples, case, server, name):
    """Round to value, of the samples that count and have this figure."""
    return {s['round']: s['figures'][name] for s in samples
            if s['case'] == case and s['server'] == server and not s['error'] and name in s['figures']}


def values(samples, case, server, name):
    return list(by_round(samples, case, server, name).values())


def ratios(samples, case, server, mark, name):
    """The ratios of two servers, each of two samples of the same round: what disturbs one disturbs the other."""
    mine, theirs = by_round(samples, case, server, name), by_round(samples, case, mark, name)
    return [mine[r] / theirs[r] for r in sorted(mine) if theirs.get(r)]


def summary(samples, cases):
    """Case by case, server by server: the spread of every figure and of its ratio to the case's mark."""
    result = []
    for case in cases:
        servers = []
        for server in case.servers:
            mine = [s for s in samples if s['case'] == case.name and s['server'] == server]
            figures, to_mark = {}, {}
            for name, _, _ in FIGURES:
                if found := spread(values(samples, case.name, server, name)):
                    figures[name] = found
                if server != case.mark and (found := spread(ratios(samples, case.name, server, case.mark, name))):
                    to_mark[name] = found
            servers.append({'server': server, 'rounds': len(mine), 'counted': sum(not s['error'] for s in mine),
                            'figures': figures, 'to_mark': to_mark})
        result.append({'case': case.name, 'title': case.title, 'mark': case.mark, 'servers': servers})
    return result
