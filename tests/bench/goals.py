"""The goals for the figures, each a ratio or an amount with a bound, and whether what was measured keeps it."""
import dataclasses
import typing

from . import figures

KIB = 1024


@dataclasses.dataclass
class Goal:
    case: str
    text: str
    bound: float
    shown: typing.Callable  # a value as text
    measured: typing.Callable  # samples to a list of values, one a round
    at_least: bool = False

    def judge(self, samples):
        spread = figures.spread(self.measured(samples))
        holds = None
        if spread:
            holds = spread['median'] >= self.bound if self.at_least else spread['median'] <= self.bound
        return {'case': self.case, 'goal': self.text, 'bound': self.bound, 'at_least': self.at_least,
                'measured': spread, 'holds': holds}


def _ratio(case, server, mark, name):
    return lambda samples: figures.ratios(samples, case, server, mark, name)


def _amount(case, server, name):
    return lambda samples: figures.values(samples, case, server, name)


def _number(value):
    return f'{value:.3f}' if value < 1 else f'{value:.2f}'


def _kib(value):
    return f'{value / KIB:.1f} KiB'


GOALS = (
    Goal('static', 'static: CPU per request / nginx return 200', 1.0, _number,
         _ratio('static', 'evloom hello', 'nginx', 'cpu_us')),
    Goal('redis-256', 'stats on Redis: CPU of host + Redis / nginx return 200', 1.4, _number,
         _ratio('redis-256', 'evloom', 'nginx', 'cpu_us')),
    Goal('redis-256', 'stats on Redis: CPU of host + Redis / direct technique', 1 / 8, _number,
         _ratio('redis-256', 'evloom', 'direct', 'cpu_us')),
    Goal('redis-256', 'stats on Redis: CPU of host + Redis / nginx + lua', 1 / 14, _number,
         _ratio('redis-256', 'evloom', 'nginx + lua', 'cpu_us')),
    Goal('lmdb', 'stats on LMDB (interval): CPU / nginx return 200', 1.4, _number,
         _ratio('lmdb', 'evloom lmdb', 'nginx', 'cpu_us')),
    Goal('redis-1', 'p50 with one connection / direct technique', 1.05, _number,
         _ratio('redis-1', 'evloom', 'direct', 'p50_us')),
    Goal('redis-256', 'Redis commands per request', 0.1, _number,
         _amount('redis-256', 'evloom', 'redis_commands')),
    Goal('growth-28000', '28,000 ports: requests a second / nginx and a file', 0.8, _number,
         _ratio('growth-28000', 'evloom', 'nginx file', 'rps'), at_least=True),
    Goal('idle', 'resident memory per idle keep-alive connection', 8 * KIB, _kib,
         _amount('idle', 'evloom', 'idle_bytes')),
)


def judge(samples):
    """Those whose case was run."""
    run = {sample['case'] for sample in samples}
    return [(goal, goal.judge(samples)) for goal in GOALS if goal.case in run]
