"""A small real HTTP server that speaks the OpenAI protocol, with replies laid down by a test."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def completion(text="four", reason="stop"):
    """The body of a completion."""
    choice = {"index": 0, "text": text, "finish_reason": reason, "logprobs": None}
    return {"id": "c", "object": "text_completion", "created": 0, "model": "m", "choices": [choice], "usage": USAGE}


def chat(text="four", reason="stop"):
    """The body of a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": USAGE}


def refusal(message, code=None):
    """The body of an error."""
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}


class Server:
    """Answers each request with the next of `replies`, the last one for ever.

    A reply is (status, body, headers, delay).
    """

    def __init__(self, replies, models):
        self.replies = list(replies)
        self.models = models
        self.requests = []
        self.headers = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.arrived = threading.Event()
        self.url = ""

    def next_reply(self):
        with self.lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def enter(self, path, body):
        with self.lock:
            self.requests.append((path, body))
            self.arrived.set()
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)

    def leave(self):
        with self.lock:
            self.at_once -= 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the second of two small ones waits 40 ms for the first to be confirmed

    def do_GET(self):
        if self.server.state.models is None:
            return self.answer(404, refusal("no such path"))
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "t"} for name in self.server.state.models]
        return self.answer(200, {"object": "list", "data": data})

    def do_POST(self):
        state = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state.headers.append(str(self.headers))
        state.enter(self.path, body)
        try:
            status, reply, headers, delay = state.next_reply()
            time.sleep(delay)
            if status == 0:
                self.close_connection = True
                return
            self.answer(status, reply, headers)
        finally:
            state.leave()

    def answer(self, status, reply, headers=()):
        content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        try:
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(content)),
                **dict(headers),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.write(content, float(dict(headers).get("x-drip", 0)))
        except ConnectionError:
            self.close_connection = True

    def write(self, content, drip):
        """Write all at once, or byte by byte with `drip` seconds between."""
        for start in range(0, len(content), 1 if drip else len(content) or 1):
            self.wfile.write(content[start : start + (1 if drip else len(content))])
            self.wfile.flush()
            time.sleep(drip)

    def log_message(self, *words):
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextmanager
def serving(*replies, models=("m",)):
    """A running server; each reply is a body (status 200) or a tuple (status, body[, headers[, delay in seconds]])."""
    whole = [reply if isinstance(reply, tuple) else (200, reply) for reply in replies]
    state = Server([(*one, {}, 0.0)[:4] if len(one) == 2 else (*one, 0.0)[:4] for one in whole], models)
    server = QuietServer(("127.0.0.1", 0), Handler)
    server.state = state
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
