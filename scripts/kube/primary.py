"""Print which of the given members (host:port ...) the others call their primary; wait for one."""
import sys
import time

from pymongo import MongoClient
from pymongo.errors import PyMongoError

members = sys.argv[1:]
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    for member in members:
        try:
            client = MongoClient("mongodb://" + member, directConnection=True, serverSelectionTimeoutMS=1000, socketTimeoutMS=1000)
            primary = client.admin.command("hello").get("primary")
            if primary and MongoClient("mongodb://" + primary, directConnection=True, serverSelectionTimeoutMS=1000,
                                       socketTimeoutMS=1000).admin.command("hello").get("isWritablePrimary"):
                print(primary)
                sys.exit()
        except PyMongoError:
            pass
    time.sleep(0.2)
sys.exit("no primary within a minute")
