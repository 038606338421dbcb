"""The scenario's first fifteen steps, walked with clients that openapi-python-client made of the descriptions: walk.py URL

Tokens are read from standard input, a line "user token" each. The unit is one of the demonstration's that nobody else uses meanwhile.
"""

import sys
import time
import uuid

from bitacora_asset.api.asset import asset_list, asset_read, asset_register
from bitacora_asset.api.equipment_type import equipment_type_list
from bitacora_asset.api.stock import stock_list
from bitacora_asset.api.unit import unit_read
from bitacora_asset.client import AuthenticatedClient as Asset
from bitacora_asset.client import Client as Nobody
from bitacora_asset.models import AssetRegister
from bitacora_delivery.api.delivery import delivery_arrive, delivery_confirm, delivery_create, delivery_dispatch
from bitacora_delivery.client import AuthenticatedClient as Delivery
from bitacora_delivery.models import DeliveryConfirm, DeliveryCreate, DeliveryOccurred
from bitacora_status.api.status import status_unit
from bitacora_status.client import AuthenticatedClient as Status
from bitacora_workorder.api.appointment import appointment_create
from bitacora_workorder.api.contract import contract_budget, contract_create
from bitacora_workorder.client import AuthenticatedClient as Workorder
from bitacora_workorder.models import ContractAppoint, ContractCreate

URL = sys.argv[1]
UNIT = "BSIST000014"
TOKENS = dict(line.split() for line in sys.stdin)
CONTRACTOR = "01941f29-7c00-7000-8000-00000000c00a"
GOODS = [("hydraulic_operating_table", 1), ("vaccine_refrigerator", 1), ("hospital_bed", 6), ("electrocardiograph", 1),
         ("portable_aspirator", 1), ("examination_lamp", 4), ("diagnostic_set", 3)]  # fmt: skip


def client(kind, user):
    return kind(base_url=URL, token=TOKENS[user], timeout=30)


def uuid7():
    ms, rand = time.time_ns() // 1_000_000, uuid.uuid4().int
    return str(uuid.UUID(int=ms << 80 | 7 << 76 | (rand >> 64 & 0xFFF) << 64 | 2 << 62 | rand & ((1 << 62) - 1)))


def want(status, answer):
    if answer.status_code != status:
        raise SystemExit(f"expected {status}, got {answer.status_code}: {answer.content.decode()[:500]}")
    return answer.parsed


def refused(status, rule, answer):
    problem = want(status, answer)
    if problem.type_ != "urn:bitacora:problem:" + rule:
        raise SystemExit(f"expected {rule}, got {problem.type_}")


def step(number, text):
    print(f"ok {number:4d} {text}")


def eventually(what, look):
    deadline = time.monotonic() + 30
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within 30 s")
        time.sleep(0.05)
    return found


def figures(min_as_of=None):
    more = {"min_as_of": min_as_of} if min_as_of else {}
    return want(200, status_unit.sync_detailed(UNIT, client=client(Status, "planner"), **more)).figures


def money(cents):
    return {"amount_cents": cents, "currency": "MXN"}


refused(401, "token-missing", unit_read.sync_detailed(UNIT, client=Nobody(base_url=URL)))
step(1, "nobody is let in without a token")
unit = want(200, unit_read.sync_detailed(UNIT, client=client(Asset, "admin")))
types = {t.key: t.id for t in want(200, equipment_type_list.sync_detailed(client=client(Asset, "admin"), limit=200)).items}
step(2, f"the unit and the catalogue are there: {unit.name}, {len(types)} types")
plant = AssetRegister.from_dict({"unit_id": UNIT, "type_id": types["power_plant"], "functioning": "working", "use": "in_use"})
plant = want(201, asset_register.sync_detailed(client=client(Asset, "admin"), body=plant))
assert plant.in_service and plant.functioning.value == "working" and plant.lifecycle.value == "active"
step(3, "a power plant works and is in use")
year, contract = time.gmtime().tm_year, uuid7()
lots = [{"fiscal_year": y, "lot": 1, "min_amount": money(50_000_000), "max_amount": money(100_000_000)} for y in (year - 1, year, year + 1)]
body = ContractCreate.from_dict({"id": contract, "number": "API-" + contract, "name": "Contrato de prueba", "kind": "maintenance",
    "contractor_id": CONTRACTOR, "legal_regime": "other", "open_contract": True, "valid_from": f"{year - 1}-01-01",
    "valid_to": f"{year + 1}-12-31", "coverage": {"nation": True}, "lots": lots})  # fmt: skip
want(201, contract_create.sync_detailed(client=client(Workorder, "contracts"), body=body))
subject = lambda user: {"contract_id": contract, "lot": 1, "subject": user, "places": ["unit:" + UNIT], "from": f"{year - 1}-01-01"}  # noqa: E731
want(201, appointment_create.sync_detailed(client=client(Workorder, "admin"), body=ContractAppoint.from_dict(subject("contracts"))))
assert len(want(200, contract_budget.sync_detailed(contract, client=client(Workorder, "contracts"))).items) == 3
step(4, "a contract has its budgets, and who may spend them is appointed")
before = figures(f"asset/{plant.id}@1")
step(5, f"the planner notes the figures before: {before.assets.total} assets")
key, delivery = str(uuid.uuid4()), uuid7()
lines = [{"type_id": types[kind], "quantity": n} for kind, n in GOODS]
body = DeliveryCreate.from_dict({"id": delivery, "unit_id": UNIT, "delivery_note": "API-" + delivery[-12:], "lines": lines})
made = want(201, delivery_create.sync_detailed(client=client(Delivery, "contracts"), body=body, idempotency_key=key))
assert [line.type_key for line in made.lines] == [kind for kind, _ in GOODS] and made.id == delivery
step(6, "a delivery of seven lines is prepared")
again = delivery_create.sync_detailed(client=client(Delivery, "contracts"), body=body, idempotency_key=key)
want(201, again)
assert again.headers["Idempotency-Replayed"] == "true"
other = DeliveryCreate.from_dict({"id": delivery, "unit_id": UNIT, "lines": lines[:1]})
refused(422, "idempotency-key-reused", delivery_create.sync_detailed(client=client(Delivery, "contracts"), body=other, idempotency_key=key))
step(7, "the same request again is replayed, another one with its key refused")
assert want(200, delivery_dispatch.sync_detailed(delivery, client=client(Delivery, "contracts"), body=DeliveryOccurred())).state == "dispatched"
step(8, "the delivery is dispatched")
assert want(200, delivery_arrive.sync_detailed(delivery, client=client(Delivery, "director-santa-rosalia"), body=DeliveryOccurred())).state == "arrived"
step(9, "the director says that it has arrived")
found = [{"line": i + 1, "accepted": n} for i, (_, n) in enumerate(GOODS)]
found[2] = {"line": 3, "accepted": 5, "rejections": [{"reason": "damaged", "quantity": 1}]}
found[3] = {"line": 4, "reservations": [{"reason": "no_manual", "quantity": 1, "due_days": 15}]}
confirmation = DeliveryConfirm.from_dict({"lines": found})
refused(403, "role-not-allowed", delivery_confirm.sync_detailed(delivery, client=client(Delivery, "planner"), body=confirmation))
short = DeliveryConfirm.from_dict({"lines": [{"line": 1, "accepted": 2}, *found[1:]]})
refused(422, "line-does-not-add-up", delivery_confirm.sync_detailed(delivery, client=client(Delivery, "director-santa-rosalia"), body=short))
step(10, "who may not confirm is refused, and what does not add up")
key = str(uuid.uuid4())
confirm = lambda key: delivery_confirm.sync_detailed(delivery, client=client(Delivery, "director-santa-rosalia"), body=confirmation, idempotency_key=key)  # noqa: E731
confirmed = confirm(key)
assert want(200, confirmed).state == "confirmed"
step(11, "the director confirms the delivery")
assert confirm(key).headers["Idempotency-Replayed"] == "true"
refused(409, "transition-not-allowed", confirm(str(uuid.uuid4())))
step(12, "the confirmation is repeated: same key replayed, another one refused")


def born():
    page = want(200, asset_list.sync_detailed(client=client(Asset, "director-santa-rosalia"), delivery_id=[delivery], limit=200))
    return page.items if len(page.items) == 13 else None


assets = eventually("13 assets born of the delivery", born)
assert all(a.lifecycle.value == "draft" and not a.in_service for a in assets)
assert want(200, asset_read.sync_detailed(assets[0].id, client=client(Asset, "planner"))).origin.delivery_id == delivery
step(13, "the items become 13 assets, drafts")


def stocked():
    page = want(200, stock_list.sync_detailed(client=client(Asset, "director-santa-rosalia"), unit_id=[UNIT], type_key=["diagnostic_set"]))
    return page.items[0] if page.items and page.items[0].quantity >= 3 else None


step(14, f"the diagnostic sets are on the stock sheet: {eventually('3 diagnostic sets', stocked).quantity} now")
eventually("13 assets more in the figures", lambda: figures().assets.total == before.assets.total + 13 or None)
after = figures(confirmed.headers["Bitacora-Written"])
assert after.deliveries.items_accepted - before.deliveries.items_accepted == 15
assert after.deliveries.items_rejected - before.deliveries.items_rejected == 1
step(15, f"the planner counts what was received: {after.assets.total} assets")
print("15 passed, 0 failed")
