"""What backup-rehearsal.sh asks of an installation over HTTP.

  load FILE      register assets with four writers until a signal comes; each acknowledged id is added to FILE, with when it was sent
  units FILE     import a CSV of units
  figures        print the planner's figures of the nation and of the unit, without their marks
  there FILE T   count the ids of FILE sent before T (Unix time) that there are; exit 1 when one is missing

Environment: ASSET_URL, STATUS_URL; TOKEN_COMMAND, which prints a token for the user that it is given.
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

UNIT = "BSIST000014"
tokens, fetching = {}, threading.Lock()


def token(user):
    with fetching:
        at, value = tokens.get(user, (0, ""))
        if time.time() - at > 120:
            value = subprocess.run([*os.environ["TOKEN_COMMAND"].split(), user], check=True, capture_output=True, text=True).stdout.strip()
            tokens[user] = (time.time(), value)
        return value


def ask(user, method, url, body=None, kind="application/json", key=None):
    headers = {"Authorization": "Bearer " + token(user), "Content-Type": kind}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def asset(path):
    return os.environ["ASSET_URL"] + path


def register(file, lock, typ, stop):
    while not stop.is_set():
        key, sent = str(uuid.uuid4()), time.time()
        body = json.dumps({"unit_id": UNIT, "type_id": typ, "inventory_tag": "R-" + key[:13]}).encode()
        while True:  # the same key again: registered once, whatever happened to the answer
            try:
                made = ask("admin", "POST", asset("/v1/assets"), body, key=key)
                break
            except (urllib.error.URLError, OSError, ValueError):
                if stop.wait(0.2):
                    return
        with lock:
            file.write(f"{made['id']} {sent}\n")
            file.flush()


def load(path):
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    types = ask("planner", "GET", asset("/v1/equipment-types?limit=200"))["items"]
    typ = next(t["id"] for t in types if t["tracking"] == "tagged")
    lock = threading.Lock()
    with open(path, "a") as file:
        writers = [threading.Thread(target=register, args=(file, lock, typ, stop)) for _ in range(4)]
        for w in writers:
            w.start()
        for w in writers:
            w.join()


def figures():
    answers = {}
    for path in ("nation", "units/" + UNIT):
        answer = ask("planner", "GET", os.environ["STATUS_URL"] + "/v1/status/" + path)
        answer.pop("as_of", None)
        answers[path] = answer
    print(json.dumps(answers, sort_keys=True))


def there(path, before):
    found = missing = 0
    for line in open(path):
        name, sent = line.split()
        if float(sent) >= float(before):
            continue
        try:
            ask("planner", "GET", asset("/v1/assets/" + name))
            found += 1
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            missing += 1
    print(found)
    sys.exit(missing > 0)


match sys.argv[1:]:
    case ["load", path]:
        load(path)
    case ["units", path]:
        ask("admin", "POST", asset("/v1/units/import"), open(path, "rb").read(), "text/csv", "demo/units")
    case ["figures"]:
        figures()
    case ["there", path, before]:
        there(path, before)
    case _:
        sys.exit(__doc__)
