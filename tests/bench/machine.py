"""What was measured on and with: cores, kernel, versions. For the head of the report and bench.json."""
import os
import platform
import subprocess

from . import lab, proc


def _said(command):
    """The first line that a command prints, on either stream; '' when it cannot be run."""
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ''
    return done.stdout.strip().split('\n')[0] if done.returncode in (0, 1) else ''  # wrk -v: 1


def _words(text, count):
    return ' '.join(text.split()[:count])


def _field(path, name):
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            if line.startswith(name):
                return line.split(':', 1)[1].strip()
    return 'unknown'


def describe(programs, root):
    for name in ('evloom', 'direct', 'bench_ledger'):
        if not os.access(programs / name, os.X_OK):
            raise lab.BenchError(f'there is no program {programs / name}', './dev build program direct bench_ledger')
    return {
        'cores': len(os.sched_getaffinity(0)),
        'model': _field('/proc/cpuinfo', 'model name'),
        'memory_bytes': int(_field('/proc/meminfo', 'MemTotal').split()[0]) * 1024,
        'kernel': platform.release(),
        'busy_cores_before': round(proc.busy_now(), 2),
        'commit': _said(['git', '-C', root, 'describe', '--always', '--dirty', '--abbrev=10']) or 'no git',
        'versions': {
            'evloom': _said([programs / 'evloom', '--version']),
            'nginx': _said([lab.find_program('nginx', 'nginx-light'), '-v']).replace('nginx version: ', ''),
            'wrk': _words(_said([lab.find_program('wrk', 'wrk'), '-v']), 2),
            'redis-server': _words(_said([lab.find_program('redis-server', 'redis-server'), '--version']), 3),
            'libnginx-mod-http-lua': _said(['dpkg-query', '-W', '-f', '${Version}', 'libnginx-mod-http-lua']),
            'lua-nginx-redis': _said(['dpkg-query', '-W', '-f', '${Version}', 'lua-nginx-redis']),
            'python': platform.python_version(),
        },
    }
