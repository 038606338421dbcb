"""MongoDB as one of its members, who may do everything: mongo.py FOLDER initiate|users|primary [PASSWORD] HOST:PORT…

FOLDER has ca.crt and server.pem. initiate makes the hosts a replica set; users makes the services' users, one by SCRAM with PASSWORD and one
by X.509; primary prints the present primary. Each waits a minute for what it needs.
"""
import sys
import time

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

folder, command, *hosts = sys.argv[1:]
options = dict(tls=True, tlsCAFile=folder + "/ca.crt", tlsCertificateKeyFile=folder + "/server.pem", authMechanism="MONGODB-X509",
               authSource="$external", serverSelectionTimeoutMS=2000, socketTimeoutMS=5000)


def member(host):
    return MongoClient("mongodb://" + host, directConnection=True, **options)


def primary():
    for host in hosts:
        try:
            named = member(host).admin.command("hello").get("primary")
            if named and member(named).admin.command("hello").get("isWritablePrimary"):
                return named
        except PyMongoError:
            pass
    return None


def initiate():
    config = {"_id": "rs0", "members": [{"_id": i, "host": host} for i, host in enumerate(hosts)]}
    try:
        member(hosts[0]).admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != 23:  # initiated already
            raise


def users(password):
    roles = [{"role": "readWrite", "db": "bitacora_" + service} for service in ("asset", "workorder", "delivery", "status", "people", "console")]
    client = member(wait(primary))
    client.admin.command("createUser", "bitacora", pwd=password, roles=roles)
    client["$external"].command("createUser", "CN=bitacora,O=clients", roles=roles)


def wait(what):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found = what()
            if found:
                return found
        except PyMongoError as error:
            print(error, file=sys.stderr)
        time.sleep(0.2)
    sys.exit(f"{command}: not within a minute")


if command == "initiate":
    wait(lambda: initiate() or True)
elif command == "users":
    users(hosts.pop(0))
else:
    print(wait(primary))
