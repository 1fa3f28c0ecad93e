"""Medians, ratios, goals, and how they are shown."""
import types
import unittest
from xml.etree import ElementTree

from bench import cases, chart, figures, goals, options, report


def sample(server, number, error='', case='redis-256', **values):
    return {'case': case, 'server': server, 'round': number, 'figures': values, 'error': error}


SAMPLES = [
    sample('nginx', 1, cpu_us=10.0, rps=1000), sample('evloom', 1, cpu_us=12.0, rps=900, redis_commands=0.02),
    sample('nginx', 2, cpu_us=20.0, rps=500), sample('evloom', 2, cpu_us=26.0, rps=400, redis_commands=0.04),
    sample('nginx', 3, 'errors: 1 read', cpu_us=1.0), sample('evloom', 3, cpu_us=14.0, rps=800, redis_commands=0.03),
]
CASE = types.SimpleNamespace(name='redis-256', title='stats <on> Redis', mark='nginx',
                             servers=('nginx', 'evloom', 'direct'))


class Figures(unittest.TestCase):
    def test_a_spread_is_median_and_range(self):
        self.assertEqual(figures.spread([5, 1, 3]), {'median': 3, 'min': 1, 'max': 5, 'count': 3})
        self.assertIsNone(figures.spread([]))

    def test_ratios_are_of_one_round_and_leave_out_what_does_not_count(self):
        self.assertEqual(figures.ratios(SAMPLES, 'redis-256', 'evloom', 'nginx', 'cpu_us'), [1.2, 1.3])

    def test_a_sample_that_does_not_count_changes_no_median(self):
        self.assertEqual(figures.values(SAMPLES, 'redis-256', 'nginx', 'cpu_us'), [10.0, 20.0])

    def test_the_summary_tells_how_many_rounds_count(self):
        nginx, evloom, direct = figures.summary(SAMPLES, [CASE])[0]['servers']
        self.assertEqual((nginx['rounds'], nginx['counted'], nginx['to_mark']), (3, 2, {}))
        self.assertAlmostEqual(evloom['to_mark']['rps']['median'], 0.85)
        self.assertEqual((direct['counted'], direct['figures']), (0, {}))


class Goals(unittest.TestCase):
    def judged(self, samples):
        return {found['goal']: found for _, found in goals.judge(samples)}

    def test_a_goal_is_judged_by_the_median_ratio(self):
        found = self.judged(SAMPLES)
        self.assertTrue(found['stats on Redis: CPU of host + Redis / nginx return 200']['holds'])
        self.assertTrue(found['Redis commands per request']['holds'])
        slow = [sample('nginx', 1, cpu_us=10.0), sample('evloom', 1, cpu_us=14.1)]
        self.assertFalse(self.judged(slow)['stats on Redis: CPU of host + Redis / nginx return 200']['holds'])

    def test_what_was_not_measured_neither_holds_nor_fails(self):
        self.assertIsNone(self.judged(SAMPLES)['stats on Redis: CPU of host + Redis / direct technique']['holds'])

    def test_more_requests_than_the_bound_keep_a_goal_of_at_least(self):
        for rate, holds in ((790, False), (810, True)):
            samples = [sample('nginx file', 1, case='growth-28000', rps=1000),
                       sample('evloom', 1, case='growth-28000', rps=rate)]
            self.assertIs(self.judged(samples)['28,000 ports: requests a second / nginx and a file']['holds'], holds)

    def test_only_goals_of_cases_that_ran_are_judged(self):
        self.assertNotIn('idle', {found['case'] for found in self.judged(SAMPLES).values()})

    def test_every_goal_has_a_case_and_servers_that_are_measured(self):
        for quick in (True, False):
            servers = {case.name: case.servers for case in cases.all_cases(quick) if case.quick or not quick}
            for goal in goals.GOALS:
                self.assertIn(goal.case, servers)


class Shown(unittest.TestCase):
    plain = staticmethod(lambda colour, text: text)

    def test_the_table_has_medians_ranges_and_ratios(self):
        text = '\n'.join(report.case_lines(figures.summary(SAMPLES, [CASE])[0], self.plain))
        self.assertRegex(text, r'evloom +800 +14\.0 µs +0\.030')
        self.assertRegex(text, r'range +400–900 +12\.0–26\.0 µs')
        self.assertRegex(text, r'/ nginx +0\.85 +1\.25')
        self.assertRegex(text, r'direct +no round counts')

    def test_what_does_not_count_is_said_with_its_reason(self):
        self.assertEqual(report.trouble_lines(SAMPLES, self.plain),
                         ['does not count: redis-256, nginx, round 3: errors: 1 read'])

    def test_the_verdict_stands_beside_the_goal(self):
        lines = report.goal_lines(goals.judge(SAMPLES), self.plain)
        self.assertRegex('\n'.join(lines), r'nginx return 200 +≤ 1\.40 +1\.25 +1\.20–1\.30 +holds')

    def test_times_and_sizes_have_fitting_units(self):
        self.assertEqual([report.microseconds(v) for v in (84, 1730, 34_250)], ['84 µs', '1.73 ms', '34.2 ms'])
        self.assertEqual([report.size(v) for v in (6000, 30 << 20)], ['5.9 KiB', '30.0 MiB'])

    def test_the_chart_is_well_formed_and_has_a_bar_for_each_figure(self):
        root = ElementTree.fromstring(chart.draw(figures.summary(SAMPLES, [CASE]), 'a & b'))
        bars = [rect for rect in root.iter('{http://www.w3.org/2000/svg}rect') if rect.get('rx')]
        self.assertEqual(len(bars), 4)  # two servers, CPU time and requests a second

    def test_a_bar_is_as_long_as_its_figure(self):
        root = ElementTree.fromstring(chart.draw(figures.summary(SAMPLES, [CASE]), ''))
        bars = [float(rect.get('width')) for rect in root.iter('{http://www.w3.org/2000/svg}rect') if rect.get('rx')]
        self.assertAlmostEqual(bars[0] / bars[1], 15 / 14, places=2)


class Options(unittest.TestCase):
    def parse(self, *words):
        return options.parse(['--root', '/r', '--programs', '/p', *words])

    def test_a_quick_run_is_short(self):
        self.assertEqual((self.parse('--quick').seconds, self.parse().seconds), (1, 5))

    def test_the_beginning_of_a_name_stands_for_all_that_have_it(self):
        chosen = options.select(self.parse('--case', 'redis', 'idle'))
        self.assertEqual([case.name for case in chosen], ['redis-1', 'redis-64', 'redis-256', 'redis-1000', 'idle'])

    def test_a_named_case_runs_in_a_quick_run_too(self):
        self.assertEqual([case.name for case in options.select(self.parse('--quick', '--case', 'memory'))], ['memory'])


if __name__ == '__main__':
    unittest.main()
