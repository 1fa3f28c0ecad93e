"""The benchmark behind `./dev bench`: evloom beside nginx, nginx + lua and the published technique, on one machine.

Standard library only. __main__ reads the command line, run goes through rounds and cases, report, chart and
goals tell what came out.
"""
