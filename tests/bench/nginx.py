"""nginx as a mark: `return 200`, a file of a given size, and stats in Lua, each from a generated configuration.

Tuned as for production on one machine: a listening socket per worker, no access log, connections that never end.
"""
import os

from . import fetch, lab
from .servers import HELLO, WORKERS, Server

CONFIGURATION = '''\
{modules}
{user}
daemon off;
worker_processes {workers};
worker_rlimit_nofile {descriptors};
pid {folder}/pid;
error_log {folder}/log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type text/plain;
  charset utf-8;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http}
  server {{
    listen 127.0.0.1:{port} reuseport backlog=1024;
    location = /nginx_status {{ stub_status; }}
    {server}
  }}
}}
'''

# The four commands of the technique in one write, over a connection that goes back to the worker's pool.
LUA = '''\
local redis = require "nginx.redis"
local connection = redis:new()
connection:set_timeout(10000)
local ok, wrong = connection:connect("127.0.0.1", %d)
if not ok then
  ngx.log(ngx.ERR, "redis: ", wrong)
  return ngx.exit(503)
end
local address, port = ngx.var.remote_addr, ngx.var.remote_port
local ports = "requests:ip:" .. address .. ":ports"
connection:init_pipeline(4)
connection:incr("requests:total")
connection:incr("requests:ip:" .. address)
connection:sadd(ports, port)
connection:smembers(ports)
local results, why = connection:commit_pipeline()
if not results then
  ngx.log(ngx.ERR, "redis: ", why)
  return ngx.exit(503)
end
connection:set_keepalive(60000, 2048)
local answer = {
  "Total requests = ", results[1], "\\nRequests from this source IP = ", results[2], "\\nThis source port has ",
  results[3] == 1 and "never been seen" or "been seen already", ".\\n",
  "source ports which have been seen for your ip:\\n", table.concat(results[4], " "), " \\n" }
local text = table.concat(answer)
ngx.header["Content-Length"] = #text
ngx.print(text)
'''

MODULES = '/usr/lib/nginx/modules'


class Nginx(Server):
    def __init__(self, bench_lab, redis=None, modules='', http_lines='', server_lines=''):
        super().__init__(bench_lab, redis)
        self.folder = bench_lab.subfolder('nginx')
        self.prepare()
        # Its workers would else belong to another user, who cannot read the temporary folder.
        user = 'user root;' if os.geteuid() == 0 else ''
        self.configuration = CONFIGURATION.format(
            folder=self.folder, port=self.port, workers=WORKERS, user=user, modules=modules,
            descriptors=min(bench_lab.descriptors, 65536), http=http_lines,
            server=server_lines.format(folder=self.folder))
        (self.folder / 'nginx.conf').write_text(self.configuration)
        self.command = [lab.find_program('nginx', 'nginx-light'), '-e', self.folder / 'log', '-p', self.folder,
                        '-c', self.folder / 'nginx.conf']
        self.process = bench_lab.start(self.command, self.folder)
        bench_lab.wait_up(self.process, self.title, lambda: fetch.good(self.port, '/nginx_status'))
        self._asked = 0
        self._before = self._requests()

    def prepare(self):
        """For what must be there before the start."""

    def _requests(self):
        # "... server accepts handled requests\n 3 3 17 \n": this very request is among them.
        _, body = fetch.get(self.port, '/nginx_status')
        self._asked += 1
        return int(body.split(b'requests')[1].split()[2])

    def served(self):
        asked = self._asked
        return self._requests() - self._before - asked


class Static(Nginx):
    title = 'nginx return 200'

    def __init__(self, bench_lab):
        super().__init__(bench_lab, server_lines='location = / {{ return 200 "Hello\\n"; }}')

    def check_body(self, body):
        return '' if body == HELLO else f'answers {body[:200]!r}'


class File(Nginx):
    """Serves a text as large as an answer of stats."""

    path = '/answer'

    def __init__(self, bench_lab, size):
        self.size = size
        self.title = 'nginx file'
        super().__init__(bench_lab, http_lines='open_file_cache max=16;',
                         server_lines='location = /answer {{ root {folder}; }}')

    def prepare(self):
        (self.folder / 'answer').write_bytes((b'60310 ' * (self.size // 6 + 1))[:self.size])

    def check_body(self, body):
        return '' if len(body) == self.size else f'answers with {len(body)} bytes instead of {self.size}'


class Lua(Nginx):
    title = 'nginx + lua'

    def __init__(self, bench_lab, redis):
        modules = ''.join(f'load_module {MODULES}/{name}.so;\n' for name in ('ndk_http_module', 'ngx_http_lua_module'))
        self._program = LUA % redis.port
        super().__init__(bench_lab, redis, modules=modules,
                         server_lines='location = / {{ content_by_lua_file {folder}/stats.lua; }}')

    def prepare(self):
        (self.folder / 'stats.lua').write_text(self._program)

    def served(self):
        return self.redis.total()
