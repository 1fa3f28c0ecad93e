"""What /proc says of processes."""
import os
import subprocess
import sys
import time
import unittest
from unittest import mock

from bench import lab, proc


class Proc(unittest.TestCase):
    def test_a_name_with_blanks_and_parentheses_does_not_shift_the_fields(self):
        fields = proc.stat_fields('17 (a (b) c) S 1 17 17 0 -1 4194560 1 2 3 4 55 66 0 0')
        self.assertEqual((fields[0], fields[1], fields[11], fields[12]), ('S', '1', '55', '66'))

    def test_a_field_in_kib_becomes_bytes(self):
        self.assertEqual(proc.field_kib('VmPeak:\t 10 kB\nVmHWM:\t    1234 kB\n', 'VmHWM'), 1234 * 1024)
        self.assertEqual(proc.field_kib('VmPeak:\t 10 kB\n', 'VmHWM'), 0)

    def test_cpu_time_is_that_which_the_process_used(self):
        before, used = proc.cpu_ns([os.getpid()]), time.process_time_ns()
        while time.process_time_ns() - used < 100_000_000:
            pass
        took = proc.cpu_ns([os.getpid()]) - before
        self.assertGreater(took, 90_000_000)
        self.assertLess(took, 200_000_000)

    def test_cores_at_work_are_those_that_neither_idle_nor_wait(self):
        before, after = 'cpu  100 0 50 900 10 0 0 0 0 0\ncpu0 ...', 'cpu  150 10 60 950 90 5 5 20 0 0\ncpu0 ...'
        self.assertAlmostEqual(proc.busy_cores(before, after, 1), 100 * proc.TICK / 1e9)

    def test_the_family_holds_children_and_theirs(self):
        script = 'import subprocess, sys; p = subprocess.Popen(["cat"]); print(p.pid, flush=True); p.wait()'
        with subprocess.Popen([sys.executable, '-c', script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            grandchild = int(child.stdout.readline())
            self.assertEqual(proc.family(child.pid), [child.pid, grandchild])
            child.stdin.close()  # ends cat, and with it the other

    def test_memory_that_is_touched_becomes_resident_and_stays_the_peak(self):
        me = [os.getpid()]
        before = proc.resident_bytes(me)
        block = bytearray(os.urandom(1 << 20) * 32)
        self.assertGreater(proc.resident_bytes(me) - before, 30 << 20)
        self.assertGreaterEqual(proc.peak_bytes(me), len(block))


class Lab(unittest.TestCase):
    def test_a_server_that_ends_at_once_shows_the_end_of_its_log(self):
        with lab.Lab() as there:
            child = there.start(['sh', '-c', 'echo no such port >&2; exit 3'], there.subfolder('x'))
            with self.assertRaisesRegex(lab.BenchError, r'(?s)status 3.*no such port'):
                there.wait_up(child, 'x', lambda: False)

    def test_nothing_outlives_it(self):
        script = 'trap "" TERM; echo up; while :; do sleep 60; done'
        with mock.patch.object(lab, 'STOP_LIMIT', 0.2), lab.Lab() as there:
            stubborn = there.start(['sh', '-c', script], there.subfolder('x'))
            there.wait_up(stubborn, 'x', lambda: (stubborn.folder / 'log').read_text() == 'up\n')
            family = proc.family(stubborn.pid)
        self.assertFalse(there.folder.exists())
        # What was killed and is nobody's child here goes when the kernel gets to it.
        end = time.monotonic() + 10
        while (left := [pid for pid in family if alive(pid)]) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(left, [])


def alive(pid):
    """Whether it still runs; a zombie that nobody has waited for yet does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return proc.stat_fields(file.read())[0] != 'Z'
    except OSError:
        return False


if __name__ == '__main__':
    unittest.main()
