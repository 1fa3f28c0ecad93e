"""Single requests, each over a connection of its own: what a server says before and after a load."""
import http.client

from . import lab


def get(port, path='/', timeout=10):
    """Status and body. OSError when nobody listens."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request('GET', path)
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise lab.BenchError(f'127.0.0.1:{port}{path}: no HTTP answer: {error}') from None
    finally:
        connection.close()


def good(port, path='/'):
    """Whether somebody answers there with 200."""
    try:
        return get(port, path)[0] == 200
    except OSError:
        return False
