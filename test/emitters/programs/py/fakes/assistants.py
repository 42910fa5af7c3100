# OpenAI's Assistants: assistants, threads, messages, and runs that are polled. Each run, and each answer to what it asks for, takes one answer of the script.
import json
import re

RUN = re.compile(r"^/v1/threads/([^/]+)/runs/([^/]+)$")
OUTPUTS = re.compile(r"^/v1/threads/([^/]+)/runs/([^/]+)/submit_tool_outputs$")
RUNS = re.compile(r"^/v1/threads/([^/]+)/runs$")
ASSISTANT = re.compile(r"^/v1/assistants/([^/]+)$")
MESSAGES = re.compile(r"^/v1/threads/([^/]+)/messages$")
CREATED = 1790000000


def speaks(path):
    return path.startswith(("/v1/assistants", "/v1/threads"))


def takes_answer(path):
    """Whether a request to it makes the model work."""
    return bool(RUNS.match(path) or OUTPUTS.match(path))


def message(thread, count, role, text):
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    base = {"id": f"msg_{count:04d}", "object": "thread.message", "created_at": CREATED + count, "thread_id": thread}
    return {**base, "role": role, "content": content, "attachments": [], "metadata": {}, "status": "completed", "assistant_id": None, "run_id": None}


class Assistants:
    def __init__(self):
        self.assistants = {}
        self.messages = {}
        self.runs = {}

    def get(self, path):
        if found := RUN.match(path):
            return self.poll(self.runs[found[2]])
        if found := ASSISTANT.match(path):
            return {"id": found[1], **self.assistants[found[1]]}
        if found := MESSAGES.match(path):
            data = list(reversed(self.messages[found[1]]))
            return {"object": "list", "data": data, "first_id": data[0]["id"], "last_id": data[-1]["id"], "has_more": False}
        return None

    def post(self, path, asked, answer):
        if found := OUTPUTS.match(path):
            run = self.runs[found[2]]
            run.update(status="queued", required_action=None)
            run["_answer"] = answer
            return self.shown(run)
        if found := RUNS.match(path):
            return self.begin(found[1], asked, answer)
        if found := MESSAGES.match(path):
            return self.say(found[1], asked["role"], asked["content"])
        if path == "/v1/threads":
            thread = f"thread_{len(self.messages) + 1:04d}"
            self.messages[thread] = []
            return {"id": thread, "object": "thread", "created_at": CREATED, "metadata": {}, "tool_resources": {}}
        assistant = f"asst_{len(self.assistants) + 1:04d}"
        self.assistants[assistant] = {"object": "assistant", "created_at": CREATED, "description": None, "metadata": {}, "tools": [], **asked}
        return {"id": assistant, **self.assistants[assistant]}

    def say(self, thread, role, text):
        said = message(thread, sum(map(len, self.messages.values())) + 1, role, text)
        self.messages[thread].append(said)
        return said

    def begin(self, thread, asked, answer):
        run = f"run_{len(self.runs) + 1:04d}"
        assistant = self.assistants[asked["assistant_id"]]
        self.runs[run] = {
            "id": run,
            "object": "thread.run",
            "created_at": CREATED,
            "thread_id": thread,
            "assistant_id": asked["assistant_id"],
            "status": "queued",
            "required_action": None,
            "last_error": None,
            "model": assistant["model"],
            "instructions": assistant.get("instructions") or "",
            "tools": assistant["tools"],
            "metadata": {},
            "usage": None,
            "parallel_tool_calls": True,
            "_answer": answer,
            "_used": [],
        }
        return self.shown(self.runs[run])

    def shown(self, run):
        return {name: value for name, value in run.items() if not name.startswith("_")}

    def poll(self, run):
        """Seen in progress once, then as the answer has it."""
        if run["status"] == "queued":
            run["status"] = "in_progress"
            return self.shown(run)
        answer = run["_answer"]
        if run["status"] == "in_progress":
            run["_used"].append(answer["usage"])
            self.end(run, answer)
        return self.shown(run)

    def end(self, run, answer):
        if tools := answer.get("tools"):
            calls = [
                {"id": f"call_{index}", "type": "function", "function": {"name": tool["name"], "arguments": json.dumps(tool["arguments"])}}
                for index, tool in enumerate(tools)
            ]
            run.update(status="requires_action", required_action={"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}})
            return
        spent = [sum(used[name] for used in run["_used"]) for name in ("input", "output", "cached")]
        run["usage"] = {
            "prompt_tokens": spent[0],
            "completion_tokens": spent[1],
            "total_tokens": spent[0] + spent[1],
            "prompt_token_details": {"cached_tokens": spent[2]},
        }
        if failed := answer.get("failed"):
            run.update(status="failed", last_error={"code": failed, "message": answer.get("message", "failed")})
            return
        run["status"] = "completed"
        self.say(run["thread_id"], "assistant", answer["text"])
