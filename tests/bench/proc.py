"""What the kernel knows of a process: CPU time, memory, children. Reads /proc; nothing is cached."""
import os
import time

TICK = 1_000_000_000 // os.sysconf('SC_CLK_TCK')


def _read(path):
    with open(path, encoding='ascii', errors='replace') as file:
        return file.read()


def stat_fields(text):
    """The fields of /proc/PID/stat after the name, which may itself hold blanks and parentheses; [0] is the state."""
    return text[text.rindex(')') + 2:].split()


def family(pid):
    """The process and all its descendants."""
    parents = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(stat_fields(_read(f'/proc/{entry}/stat'))[1])
            except OSError:
                pass  # has ended meanwhile
    found = [pid]
    for member in found:
        found.extend(child for child, parent in parents.items() if parent == member)
    return found


def cpu_ns(pids):
    """Nanoseconds of CPU time, user and system, that all threads of these processes have used.

    schedstat counts what utime and stime of stat add up to, only finer than a tick of 10 ms. A kernel without it: stat.
    """
    total = 0
    for pid in pids:
        try:
            for thread in os.listdir(f'/proc/{pid}/task'):
                total += int(_read(f'/proc/{pid}/task/{thread}/schedstat').split()[0])
        except (OSError, IndexError):
            fields = stat_fields(_read(f'/proc/{pid}/stat'))
            total += (int(fields[11]) + int(fields[12])) * TICK
    return total


def busy_cores(text_before, text_after, seconds):
    """How many cores were at work between two readings of /proc/stat; what a hypervisor took away counts too."""
    def busy(text):
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, text.split('\n')[0].split()[1:9])
        return user + nice + system + irq + softirq + steal
    return (busy(text_after) - busy(text_before)) * TICK / 1e9 / seconds


def busy_now(seconds=0.5):
    """How many cores others keep at work while this program does nothing."""
    before, began = _read('/proc/stat'), time.monotonic()
    time.sleep(seconds)
    return busy_cores(before, _read('/proc/stat'), time.monotonic() - began)


def wait_quiet(pids, limit):
    """Until these processes have ended what they were doing: less than a twentieth of a CPU for 10 ms."""
    deadline = time.monotonic() + limit
    before = cpu_ns(pids)
    while time.monotonic() < deadline:
        time.sleep(0.01)
        now = cpu_ns(pids)
        if now - before < 500_000:
            return
        before = now


def field_kib(text, name):
    """The value of a line such as "VmHWM:     1234 kB", in bytes; 0 when there is none."""
    for line in text.splitlines():
        if line.startswith(name + ':'):
            return int(line.split()[1]) * 1024
    return 0


def peak_bytes(pids):
    """The most that was resident at a time, summed over the processes: pages they share count for each."""
    return sum(field_kib(_read(f'/proc/{pid}/status'), 'VmHWM') for pid in pids)


def resident_bytes(pids):
    """What is resident now; a page that the processes share counts once."""
    return sum(field_kib(_read(f'/proc/{pid}/smaps_rollup'), 'Pss') for pid in pids)
