# A scripted stand-in for the vendors: OpenAI Chat, Responses and Embeddings, Anthropic Messages, Gemini generateContent, Assistants, Pinecone query, Weaviate GraphQL.
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fakes import assistants

DEFAULT_USAGE = {"input": 100, "output": 20, "cached": 0, "reasoning": 0}


class Script:
    """Answers in the order of the script; an answer with `match` waits for a request that holds the word."""

    def __init__(self):
        self.lock = threading.Lock()
        self.load([])

    def load(self, answers):
        with self.lock:
            self.waiting = list(answers)
            self.requests = 0
            self.errors = 0
            self.tokens = {"input": 0, "output": 0, "cached": 0, "reasoning": 0}

    def take(self, body):
        with self.lock:
            self.requests += 1
            answer = next((one for one in self.waiting if one.get("match", "") in body), None)
            if answer is None:
                self.errors += 1
                return self.requests, {"status": 500, "message": "script is used up"}
            self.waiting.remove(answer)
            if "status" in answer:
                self.errors += 1
                return self.requests, answer
            usage = {**DEFAULT_USAGE, **answer.get("usage", {})}
            for name in self.tokens:
                self.tokens[name] += usage[name]
            return self.requests, {**answer, "usage": usage}

    def served(self):
        with self.lock:
            return {"requests": self.requests, "errors": self.errors, "tokens": dict(self.tokens), "unused": len(self.waiting)}


ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 529: "overloaded_error"}
GOOGLE_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


def error_body(path, status, message):
    kind = ERROR_TYPES.get(status, "api_error" if path == "/v1/messages" else "server_error")
    if path in ("/query", "/v1/graphql"):
        return {"code": 16 if status == 401 else 3, "message": message, "details": []}
    if path == "/v1/messages":
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_01"}
    if "/models/" in path:
        return {"error": {"code": status, "message": message, "status": GOOGLE_STATUS.get(status, "INTERNAL")}}
    code = "rate_limit_exceeded" if status == 429 else None
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def chat_body(asked, answer, count):
    usage = answer["usage"]
    calls = [
        {"id": f"call_{count}_{index}", "type": "function", "function": {"name": tool["name"], "arguments": json.dumps(tool["arguments"])}}
        for index, tool in enumerate(answer.get("tools", []))
    ]
    message = {"role": "assistant", "content": answer.get("text"), "refusal": None, "annotations": []}
    if calls:
        message["tool_calls"] = calls
    return {
        "id": f"chatcmpl-{count:08d}",
        "object": "chat.completion",
        "created": 1790000000 + count,
        "model": asked["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": {
            "prompt_tokens": usage["input"],
            "completion_tokens": usage["output"],
            "total_tokens": usage["input"] + usage["output"],
            "prompt_tokens_details": {"cached_tokens": usage["cached"], "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": usage["reasoning"],
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
    }


def responses_body(asked, answer, count):
    usage = answer["usage"]
    output = [
        {
            "type": "function_call",
            "id": f"fc_{count}_{index}",
            "call_id": f"call_{count}_{index}",
            "name": tool["name"],
            "arguments": json.dumps(tool["arguments"]),
            "status": "completed",
        }
        for index, tool in enumerate(answer.get("tools", []))
    ]
    if answer.get("text") is not None:
        text = {"type": "output_text", "text": answer["text"], "annotations": [], "logprobs": []}
        output.append({"type": "message", "id": f"msg_{count}", "role": "assistant", "status": "completed", "content": [text]})
    return {
        "id": f"resp_{count:08d}",
        "object": "response",
        "created_at": 1790000000 + count,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "metadata": {},
        "model": asked["model"],
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": asked.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": usage["input"],
            "input_tokens_details": {"cached_tokens": usage["cached"], "cache_write_tokens": 0},
            "output_tokens": usage["output"],
            "output_tokens_details": {"reasoning_tokens": usage["reasoning"]},
            "total_tokens": usage["input"] + usage["output"],
        },
    }


def messages_body(asked, answer, count):
    usage = answer["usage"]
    content = [{"type": "text", "text": answer["text"]}] if answer.get("text") is not None else []
    for index, tool in enumerate(answer.get("tools", [])):
        content.append({"type": "tool_use", "id": f"toolu_{count}_{index}", "name": tool["name"], "input": tool["arguments"]})
    return {
        "id": f"msg_{count:08d}",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": content,
        "stop_reason": "tool_use" if answer.get("tools") else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage["input"] - usage["cached"],
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage["cached"],
            "output_tokens": usage["output"],
            "service_tier": "standard",
        },
    }


def generate_body(path, answer, count):
    usage = answer["usage"]
    parts = [{"text": answer["text"]}] if answer.get("text") is not None else []
    for tool in answer.get("tools", []):
        parts.append({"functionCall": {"name": tool["name"], "args": tool["arguments"]}})
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": usage["input"],
            "cachedContentTokenCount": usage["cached"],
            "candidatesTokenCount": usage["output"] - usage["reasoning"],
            "thoughtsTokenCount": usage["reasoning"],
            "totalTokenCount": usage["input"] + usage["output"],
        },
        "modelVersion": path.split("/models/")[1].split(":")[0],
        "responseId": f"resp-{count:08d}",
    }


def embeddings_body(asked, answer):
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    data = [{"object": "embedding", "index": index, "embedding": [0.25, -0.5, 0.75, 0.125]} for index in range(len(texts))]
    tokens = answer["usage"]["input"]
    return {"object": "list", "data": data, "model": asked["model"], "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def query_body(answer):
    return {"matches": answer.get("matches", []), "namespace": "", "usage": {"readUnits": 5}}


def graphql_body(answer):
    if "errors" in answer:
        return {"data": {"Get": None}, "errors": [{"locations": [], "message": one, "path": ["Get"]} for one in answer["errors"]]}
    return {"data": {"Get": {answer["collection"]: answer["objects"]}}}


def body_for(path, asked, answer, count):
    if path == "/v1/graphql":
        return graphql_body(answer)
    if path == "/query":
        return query_body(answer)
    if path == "/v1/chat/completions":
        return chat_body(asked, answer, count)
    if path == "/v1/responses":
        return responses_body(asked, answer, count)
    if path == "/v1/messages":
        return messages_body(asked, answer, count)
    if path == "/v1/embeddings":
        return embeddings_body(asked, answer)
    return generate_body(path, answer, count)


def known(path):
    return assistants.takes_answer(path) or path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/query", "/v1/graphql") or ":generateContent" in path


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read(self):
        return self.rfile.read(int(self.headers.get("content-length", 0))).decode()

    def reply(self, status, body, again=True):
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        if status == 429:
            self.send_header("retry-after-ms", "20")
        if not again:
            self.send_header("x-should-retry", "false")
        self.end_headers()
        self.wfile.write(payload)

    def do_PUT(self):
        self.server.script.load(json.loads(self.read()))
        self.reply(200, {})

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/v1/meta":
            return self.reply(200, {"hostname": "http://[::]:8080", "version": "1.34.0", "modules": {}})
        if path.startswith("/v1/.well-known"):
            return self.reply(404, {"code": 404, "message": "OIDC auth is not configured"})
        self.reply(200, self.server.assistants.get(path) if assistants.speaks(path) else self.server.script.served())

    def do_POST(self):
        path = self.path.split("?")[0]
        text = self.read()
        if assistants.speaks(path) and not assistants.takes_answer(path):
            return self.reply(200, self.server.assistants.post(path, json.loads(text or "{}"), None))
        if not known(path):
            return self.reply(404, error_body(path, 404, f"no such path: {path}"))
        asked = json.loads(text)
        count, answer = self.server.script.take(json.dumps(asked, ensure_ascii=False))
        if "status" in answer:
            error = error_body(path, answer["status"], answer.get("message", "error"))
            return self.reply(answer["status"], error, answer.get("retry", True))
        if assistants.speaks(path):
            return self.reply(200, self.server.assistants.post(path, asked, answer))
        return self.reply(200, body_for(path, asked, answer, count))


def start():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.script = Script()
    server.assistants = assistants.Assistants()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"
