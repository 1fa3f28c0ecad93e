"""What wrk says, and what is made of it."""
import unittest

from bench import lab, load, measure

OUTPUT = '''Running 1s test @ http://127.0.0.1:27938/
  1 threads and 256 connections
Requests/sec:  50165.05

result {"requests": 51619, "duration_us": 1028996, "bytes": 8671992, "p50_us": 2663, "p99_us": 16875, "max_us": 24032, \
"connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0}
'''


def told(**changed):
    return {**load.parse(OUTPUT), **changed}


class Load(unittest.TestCase):
    def test_the_result_is_found_among_what_wrk_prints(self):
        self.assertEqual(load.parse(OUTPUT)['p99_us'], 16875)

    def test_output_without_a_result_is_shown(self):
        with self.assertRaisesRegex(lab.BenchError, 'unable to connect'):
            load.parse('unable to connect to 127.0.0.1:1 Connection refused')

    def test_every_kind_of_error_is_one(self):
        self.assertEqual(load.errors_in(told()), '')
        for name in load.ERRORS:
            self.assertEqual(load.errors_in(told(**{name: 3})), f'3 {name}')

    def test_an_error_makes_a_round_not_count(self):
        self.assertIn('5 status', measure.judge(told(status=5), 51619, None, 256))

    def test_as_many_are_served_as_answered_but_for_one_a_connection(self):
        self.assertEqual(measure.judge(told(), 51619, 51619, 256), '')
        self.assertEqual(measure.judge(told(), 51619 + 256, 51619 + 256, 256), '')
        self.assertIn('the server served 51876', measure.judge(told(), 51619 + 257, None, 256))

    def test_a_store_that_lost_a_count_is_found(self):
        self.assertIn('the store counted 51618', measure.judge(told(), 51619, 51618, 256))

    def test_the_load_comes_from_one_thread_with_all_connections(self):
        try:
            line = [str(word) for word in load.command('http://127.0.0.1:1/', 64, 5)]
        except lab.BenchError as missing:
            self.skipTest(str(missing))
        self.assertEqual(line[1:4], ['-t1', '-c64', '-d5s'])


if __name__ == '__main__':
    unittest.main()
