# Records the Python programs again: copies them to a neutral folder, installs what they pin, plays each scenario, keeps what was sent.
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
CAPTURES = HERE.parent.parent / "captures"
# Stack traces name the folders of the program and of its Python: both live below a folder that tells nothing of this machine.
NEUTRAL = Path("/tmp/emitters")
MAX_BYTES = 60_000
PRIVATE = ("/root", "/home/", "/Users/", sys.base_prefix, str(HERE), f"{socket.gethostname()}.")
sys.path.insert(0, str(HERE))
from fakes import vendors  # noqa: E402


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.setdefault(self.path, []).append(body)
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()


def start_recorder():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.bodies = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def systems():
    return sorted(path.parent.name for path in HERE.glob("*/program.py"))


def python_of(system):
    base = NEUTRAL / "python"
    if not base.exists():
        shutil.copytree(sys.base_prefix, base, symlinks=True, ignore=shutil.ignore_patterns("test", "__pycache__"))
    home = NEUTRAL / "py" / system
    python = home / "venv" / "bin" / "python"
    wanted = (HERE / system / "requirements.txt").read_text()
    stamp = home / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([base / "bin" / "python3", "-m", "venv", "--clear", home / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / system / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return python


def copy(system):
    home = NEUTRAL / "py" / system
    home.mkdir(parents=True, exist_ok=True)
    for file in [*HERE.glob("*.py"), *(HERE / system).iterdir()]:
        if file.is_file():
            shutil.copy(file, home)
    return home


def environment(system, model_url, recorder_url, truth_file, home):
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONHASHSEED": "0",
        "MODEL_URL": model_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": recorder_url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": system,
        "TRUTH_FILE": str(truth_file),
    }


def keep(truth, bodies):
    folder = CAPTURES / truth["emitter"] / truth["version"]
    folder.mkdir(parents=True, exist_ok=True)
    name = truth["scenario"]
    sizes = []
    for path, suffix in (("/v1/traces", "otlp"), ("/v1/logs", "logs.otlp")):
        body = b"".join(bodies.get(path, []))
        if not body:
            continue
        told = [word for word in PRIVATE if word.encode() in body]
        if told:
            sys.exit(f"cannot keep {truth['emitter']} {name}: it holds {told[0]}, which tells of this machine")
        packed = gzip.compress(body, mtime=0)
        if len(packed) > MAX_BYTES:
            sys.exit(f"cannot keep {truth['emitter']} {name}: {len(packed)} bytes of {suffix}; make its texts shorter")
        (folder / f"{name}.{suffix}").write_bytes(packed)
        sizes.append(f"{len(packed)} bytes of {suffix}")
    (folder / f"{name}.truth.json").write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n")
    print(f"{truth['emitter']} {truth['version']} {name}: {', '.join(sizes) or 'nothing sent'}", flush=True)


def record(system, scenario, python, home):
    fake, model_url = vendors.start()
    recorder, recorder_url = start_recorder()
    truth_file = home / "truth.json"
    truth_file.unlink(missing_ok=True)
    env = environment(system, model_url, recorder_url, truth_file, home)
    done = subprocess.run([python, "program.py", scenario], cwd=home, env=env, capture_output=True, text=True, timeout=180)
    fake.shutdown()
    recorder.shutdown()
    if done.returncode != 0 or not truth_file.exists():
        print(f"cannot record {system} {scenario}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}", file=sys.stderr)
        return False
    if os.environ.get("VERBOSE"):
        print(done.stdout[-2000:], done.stderr[-4000:])
    keep(json.loads(truth_file.read_text()), recorder.bodies)
    return True


def main():
    wanted = sys.argv[1:2] or systems()
    good = True
    for system in wanted:
        python, home = python_of(system), copy(system)
        listed = subprocess.run([python, "program.py", "--list"], cwd=home, capture_output=True, text=True, check=True).stdout
        names = re.findall(r"^[a-z_]+$", listed, re.MULTILINE)
        for scenario in sys.argv[2:] or names:
            good = record(system, scenario, python, home) and good
    sys.exit(0 if good else 1)


main()
