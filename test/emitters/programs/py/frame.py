# What every program here shares: the script of the fake, the exporter that a user would set up, and the truth.
import json
import os
import sys
import urllib.request
from importlib.metadata import version

MODEL_URL = os.environ.get("MODEL_URL", "http://127.0.0.1:9")


scripted = 0


def script(*answers):
    global scripted
    scripted = len(answers)
    body = json.dumps(answers).encode()
    request = urllib.request.Request(f"{MODEL_URL}/script", data=body, method="PUT", headers={"content-type": "application/json"})
    urllib.request.urlopen(request).close()


def served():
    with urllib.request.urlopen(f"{MODEL_URL}/served") as reply:
        return json.load(reply)


def text(words, match="", **usage):
    return {"text": words, "match": match, "usage": usage}


def tool(name, match="", **arguments):
    return {"tools": [{"name": name, "arguments": arguments}], "match": match}


def failing(status, message, match=""):
    return {"status": status, "message": message, "match": match}


def refused(message):
    """Busy, and the vendor says that asking again is of no use, so its client asks once."""
    return {"status": 429, "message": message, "retry": False}


def tracing():
    """The set-up of the exporter's own documentation: endpoint and service come from the environment."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def flush():
    from opentelemetry import trace

    trace.get_tracer_provider().force_flush()


def call(type, name, attempts=1, outcome="success"):
    return {"type": type, "name": name, "attempts": attempts, "outcome": outcome}


def model(name, attempts=1, outcome="success"):
    return call("model", name, attempts, outcome)


def step(name, attempts=1, outcome="success"):
    return {"name": name, "attempts": attempts, "outcome": outcome}


def handoff(source, target):
    return {"from": source, "to": target}


def failure(seam, seam_kind, gap, kind, exhausted=False):
    return {"seam": seam, "seamKind": seam_kind, "gap": gap, "kind": kind, "exhausted": exhausted}


def went_wrong(units):
    return any(one["outcome"] == "failure" or one["attempts"] > 1 for one in units)


def run(pipeline, outcome="success", *, agents=(), steps=None, calls=(), models=(), handoffs=(), failure=None):
    return {
        "pipeline": pipeline,
        "outcome": outcome,
        "recovered": outcome == "success" and went_wrong([*(steps or []), *calls, *models]),
        "agents": sorted(agents),
        "steps": steps,
        "calls": list(calls),
        "models": list(models),
        "handoffs": list(handoffs),
        "failure": failure,
    }


def attempted(work):
    """Runs what is meant to fail; says whether it did, since a program exits with 0 all the same."""
    try:
        work()
    except Exception as error:
        return error
    return None


def main(emitter, package, instrumentation, scenarios):
    """`scenarios`: name → (story, function); the function returns the runs of its truth, with the tokens served if it leaves them out."""
    wanted = sys.argv[1]
    if wanted == "--list":
        print("\n".join(scenarios))
        return
    story, play = scenarios[wanted]
    runs = play()
    done = served()
    if done["requests"] != scripted:
        sys.exit(f"cannot record {emitter} {wanted}: the script has {scripted} answers, the fake served {done}")
    for one in runs:
        one.setdefault("tokens", done["tokens"])
    truth = {
        "emitter": emitter,
        "version": version(package),
        "scenario": wanted,
        "instrumentation": [f"{name}@{version(name)}" for name in instrumentation],
        "story": story,
        "runs": runs,
    }
    with open(os.environ["TRUTH_FILE"], "w") as file:
        json.dump(truth, file, indent=2, ensure_ascii=False)
