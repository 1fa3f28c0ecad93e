"""Lab: the temporary folder and the child processes of one run; nothing of either outlives it.

Every child gets a process group of its own, so that Ctrl-C reaches this program alone, which then ends them by
their ids. One that outlives a kill -9 of this program is told by the kernel (PR_SET_PDEATHSIG).
"""
import ctypes
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_LIMIT = 20  # seconds; a busy machine is slow
STOP_LIMIT = 5
PR_SET_PDEATHSIG = 1


class BenchError(Exception):
    """What happened, where, and in `remedy` what to do about it."""

    def __init__(self, message, remedy=''):
        super().__init__(message)
        self.remedy = remedy


def find_program(name, package):
    """The path of a program; those of servers are not in everybody's PATH."""
    path = shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/local/sbin:/usr/sbin:/sbin')
    if path is None:
        raise BenchError(f'there is no program {name}', f'apt-get install {package}')
    return path


def free_port():
    """A TCP port of 127.0.0.1 that was free a moment ago, below those that the kernel gives to clients.

    One of the kernel's own range may become the source port of some client between now and the server's bind.
    """
    for port in range(20000 + os.getpid() % 8000, 32000):
        if port in _given:
            continue
        with socket.socket() as probe:
            # As servers do: a port whose old connections are in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise BenchError('no free port on 127.0.0.1 between 20000 and 32000', 'end what holds them: ss -tlnp')


_given = set()


def log_end(child):
    """The last lines of what a server has written, with a heading."""
    text = (child.folder / 'log').read_text(errors='replace').strip()
    return '\n'.join(['  the end of its log:', *('    ' + line for line in text.splitlines()[-15:] or ['(empty)'])])


class Lab:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='evloom-bench-'))
        self._children = []
        self._serial = 0
        self._libc = ctypes.CDLL(None)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.descriptors = hard if hard != resource.RLIM_INFINITY else 1 << 20

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Impatience must not leave anything behind.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        for child in reversed(self._children[:]):
            self.end(child)
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)

    def subfolder(self, name):
        """A new folder for one server."""
        self._serial += 1
        folder = self.folder / f'{self._serial}-{name}'
        folder.mkdir()
        return folder

    def start(self, command, folder, environment=None):
        """Starts a server; its output goes to `log` in its folder."""
        with open(folder / 'log', 'ab') as log:
            child = subprocess.Popen([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=log, process_group=0, preexec_fn=self._in_child,
                                     env=None if environment is None else {**os.environ, **environment})
        child.folder = folder
        self._children.append(child)
        return child

    def begin(self, command):
        """Starts a command whose output `finish` will give."""
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, process_group=0, preexec_fn=self._in_child)
        self._children.append(child)
        return child

    def finish(self, child, limit):
        """Its exit status and its output. Ended by its id when `limit` seconds have passed."""
        try:
            output, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise BenchError(f'{child.args[0]} has not ended after {limit:.0f} s: {" ".join(child.args)}',
                             'is the machine overloaded?') from None
        finally:
            self.end(child)
            child.stdout.close()
        return child.returncode, output

    def run(self, command, limit):
        return self.finish(self.begin(command), limit)

    def end(self, child):
        """SIGTERM, and SIGKILL to its whole group if that does not do."""
        if child in self._children:
            self._children.remove(child)
        if child.poll() is not None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # not reaped yet, so the id is still its own
            child.wait()

    def wait_up(self, child, name, is_up):
        """Until `is_up` says so. A server that ends or takes too long is an error that shows the end of its log."""
        deadline = time.monotonic() + START_LIMIT
        while True:
            if child.poll() is not None:
                what = f'ended with status {child.returncode} instead of serving'
            elif time.monotonic() > deadline:
                what = f'does not serve {START_LIMIT} s after its start'
            elif is_up():
                return
            else:
                time.sleep(0.005)
                continue
            raise BenchError(f'{name} {what}: {" ".join(map(str, child.args))}\n{log_end(child)}',
                             'mend what the log says; the command can be run by hand')

    def _in_child(self):
        self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
