"""Writes a data folder with a given release's single binary, for the tests of the upgrade from it:

  python3 scripts/upgrade-fixture.py BITACORA FOLDER.zip

BITACORA is that release's program, built from its commit. It loads the demonstration, walks its own scenario, and then writes, over its
own REST interface, what the next release's rules forbid. The ids of those documents are fixed: the test names them. The broker's folder
is left out, as in a backup; a start makes it anew from the documents.
"""
import glob
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

CONTRACT = "01941f29-7c00-7000-8000-000200000001"  # the demonstration's
OPEN, CLOSED = "BSIST000026", "BSIST000031"


def fixed(n):
    return f"01941f29-7c00-7000-8000-0e39000000{n:02x}"


class Installation:
    def __init__(self, program, folder):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            addr = f"127.0.0.1:{s.getsockname()[1]}"
        self.url, self.program = f"http://{addr}", program
        self.env = {**os.environ, "BITACORA_DATA_DIR": folder, "BITACORA_HTTP_ADDR": addr}
        self.tokens = {}
        self.process = subprocess.Popen([program, "serve"], env=self.env, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:  # it says so when the demonstration is loaded
            if "is ready on" in line:
                return
        sys.exit("it did not start")

    def run(self, *args):
        return subprocess.run([self.program, *args], env=self.env, check=True, capture_output=True, text=True).stdout

    def version(self, user, path):
        request = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.tokens[user]})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers["ETag"]

    def ask(self, user, method, path, body=None):
        if user not in self.tokens:
            self.tokens[user] = self.run("token", user).strip()
        headers = {"Authorization": "Bearer " + self.tokens[user], "Content-Type": "application/json"}
        if method == "PATCH":
            headers["If-Match"] = self.version(user, path)
        data = None if body is None else json.dumps(body).encode()
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers, method=method), timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as err:
                text = err.read().decode()
                if "reference-unknown" not in text or time.monotonic() > until:  # the other service has not heard of it yet
                    sys.exit(f"{method} {path} as {user}: {err.code} {text}")
                time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)


def write(i):
    """What the next release's rules forbid, or count otherwise."""
    do = i.ask
    kinds = {t["key"]: t["id"] for t in do("admin", "GET", "/v1/equipment-types?limit=200")["items"]}

    def asset(n, unit, kind, **more):
        do("admin", "POST", "/v1/assets", {"id": fixed(n), "unit_id": unit, "type_id": kinds[kind], "functioning": "working", "use": "in_use", **more})

    asset(1, OPEN, "hospital_bed", inventory_tag="S/N")
    asset(2, OPEN, "hospital_bed", inventory_tag="INV-0001")
    asset(3, OPEN, "hospital_bed", inventory_tag="inv 0001")
    asset(4, OPEN, "electrocardiograph", brand="Edan", model="SE-3", serial_number="AB-77")
    asset(5, OPEN, "electrocardiograph", brand="EDAN", model="se-3", serial_number="ab77")
    asset(6, OPEN, "hospital_bed", inventory_tag="INV-0006")
    do("office-bcs", "POST", f"/v1/assets/{fixed(6)}/report-custody", {"value": "on_loan"})
    asset(7, OPEN, "hospital_bed", inventory_tag="INV-0007")
    do("engineer-bcs", "POST", f"/v1/assets/{fixed(7)}/report-functioning", {"value": "limited", "reason": "lo dijo Juana Pérez"})
    asset(8, OPEN, "power_plant")
    asset(9, OPEN, "cistern")
    asset(10, CLOSED, "hospital_bed", inventory_tag="INV-0010")

    def order(n, *moves, **more):
        do("director-vizcaino", "POST", "/v1/work-orders", {"id": fixed(n), "unit_id": OPEN, "type": "corrective", "priority": "urgent",
           "reported_functioning": "not_working", "complaint": "No funciona", **more})
        for user, verb, body in moves:
            do(user, "POST", f"/v1/work-orders/{fixed(n)}/{verb}", body)

    money = {"amount_cents": 100_000, "currency": "MXN"}
    approved = ("engineer-bcs", "approve", {})
    given = ("contracts", "assign", {"contract_id": CONTRACT, "committed": money})
    begun = [("contractor-a", verb, {}) for verb in ("acknowledge", "arrive", "start")]
    # Committed without an appointment and without an estimate, and not done.
    order(0x20, approved, given, *begun, target={"kind": "asset", "asset_id": fixed(8)})
    order(0x21, approved, target={"kind": "asset", "asset_id": fixed(9)}, estimate=money)

    def delivery(n, *moves):
        do("office-bcs", "POST", "/v1/deliveries", {"id": fixed(n), "unit_id": OPEN,
           "lines": [{"type_id": kinds["hospital_bed"], "quantity": 2}, {"type_id": kinds["diagnostic_set"], "quantity": 3}]})
        for user, verb, body in moves:
            do(user, "POST", f"/v1/deliveries/{fixed(n)}/{verb}", body)

    sent = ("office-bcs", "dispatch", {})
    delivery(0x30, sent, ("director-vizcaino", "confirm", {"lines": [{"line": 1, "accepted": 2}, {"line": 2, "accepted": 3}]}))
    delivery(0x31, sent)
    do("admin", "PATCH", "/v1/units/" + CLOSED, {"operation_state": "closed"})
    # Its office is that of another state.
    do("admin", "POST", "/v1/units", {"clues": "BSIST000099", "name": "UMF de otra oficina", "unit_type": "UMF", "office": "sonora", "synthetic": True})


def pack(folder, to):
    for store in glob.glob(folder + "/*.db"):
        db = sqlite3.connect(store)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, _, names in os.walk(folder):
            for name in sorted(names):
                file = os.path.relpath(os.path.join(path, name), folder)
                if not file.startswith("broker" + os.sep) and file != "lock" and not file.endswith(("-wal", "-shm")):
                    archive.write(os.path.join(folder, file), file)


def settled(i):
    """Waits until the planners' figures are what the documents come to."""
    i.run("audit", "--url", i.url, "--data-dir", i.env["BITACORA_DATA_DIR"])


def main(program, to):
    folder = tempfile.mkdtemp()
    try:
        i = Installation(os.path.abspath(program), folder)
        i.run("scenario", "--url", i.url, "--data-dir", folder)
        write(i)
        settled(i)
        i.stop()
        pack(folder, to)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
