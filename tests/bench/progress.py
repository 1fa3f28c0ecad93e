"""What is being done and how long the rest will take: one line in its place on a terminal, else a line for each round."""
import shutil
import sys
import time


class Progress:
    def __init__(self, stream=sys.stderr):
        self._stream = stream
        self._live = stream.isatty()
        self._began = time.monotonic()
        self._done = 0
        self.total = 1
        self.round = ''

    def begin_round(self, text):
        self.round = text
        if not self._live:
            print(text, file=self._stream, flush=True)

    def step(self, text):
        """Another step begins."""
        if self._live:
            spent = time.monotonic() - self._began
            rest = f', {spent / self._done * (self.total - self._done):.0f} s left' if self._done else ''
            line = f'{self.round}  {text}  ({self._done + 1} of {self.total}, {spent:.0f} s{rest})'
            self._stream.write('\r\x1b[K' + line[:shutil.get_terminal_size().columns - 1])
            self._stream.flush()
        self._done = min(self._done + 1, self.total)

    def clear(self):
        if self._live:
            self._stream.write('\r\x1b[K')
            self._stream.flush()
