"""The work that the base sessions tell: a bug hunt in a small web shop, prompt by prompt."""

from __future__ import annotations

from typing import Any

from tools.standin import Reply, call, text, thinking

FILES = {
    "README.md": "# shop-api\n\nCart, prices and orders behind a small HTTP service.\n\nRun the tests: `python3 -m unittest -q`\n",
    "shop/__init__.py": "",
    "shop/pricing.py": '''"""Prices in cents."""

VAT = 0.19


def line_total(price, quantity, discount=0.0):
    return price * quantity * (1 - discount)


def with_vat(net):
    return net * (1 + VAT)
''',
    "shop/cart.py": '''"""A cart is a list of (sku, price, quantity, discount)."""

from shop.pricing import line_total, with_vat


class Cart:
    def __init__(self):
        self.lines = []

    def add(self, sku, price, quantity=1, discount=0.0):
        self.lines.append((sku, price, quantity, discount))

    def total(self):
        net = sum(line_total(p, q, d) for _, p, q, d in self.lines)
        return int(with_vat(net))
''',
    "shop/orders.py": '''"""Orders are kept in memory."""

import itertools

_next = itertools.count(1)
ORDERS = {}


def place(cart, customer):
    number = next(_next)
    first = cart.lines[0]
    ORDERS[number] = {"customer": customer, "first": first[0], "total": cart.total()}
    return number
''',
    "shop/app.py": '''"""Routes: POST /orders, GET /orders/<n>."""

from shop import orders
from shop.cart import Cart


def post_order(body):
    cart = Cart()
    for line in body["lines"]:
        cart.add(**line)
    return 201, {"order": orders.place(cart, body["customer"])}


def get_order(number):
    return 200, orders.ORDERS[number]
''',
    "tests/__init__.py": "",
    "tests/test_cart.py": '''import unittest

from shop.cart import Cart


class TotalTest(unittest.TestCase):
    def test_one_line(self):
        cart = Cart()
        cart.add("mug", 1000)
        self.assertEqual(cart.total(), 1190)
''',
}

Turn = tuple[str, list[Reply]]
RUN = "python3 -m unittest 2>&1 | grep -v 'Ran '"


def say(*parts: Any) -> Reply:
    """A reply of text (a string), thinking (a one-string list) and calls."""
    return Reply([text(p) if isinstance(p, str) else thinking(p[0]) if isinstance(p, list) else p for p in parts])


def bash(command: str, description: str) -> dict[str, Any]:
    """A Bash call."""
    return call("Bash", command=command, description=description)


def edit(path: str, old: str, new: str) -> dict[str, Any]:
    """An Edit call; the path is made absolute by the recorder."""
    return call("Edit", file_path=path, old_string=old, new_string=new)


def read(path: str) -> dict[str, Any]:
    """A Read call."""
    return call("Read", file_path=path)


def write(path: str, content: str) -> dict[str, Any]:
    """A Write call."""
    return call("Write", file_path=path, content=content)


def grep(pattern: str, path: str = ".") -> dict[str, Any]:
    """A Grep call."""
    return call("Grep", pattern=pattern, path=path, output_mode="content")


def work(*, searches: bool = True, agent: bool = True) -> list[Turn]:
    """The turns: what the person typed, and the model's replies to it. `searches` says that the client has the Grep
    tool, `agent` that subagents answer at once."""

    def find(pattern: str) -> dict[str, Any]:
        return grep(pattern) if searches else bash(f"grep -rn '{pattern}' --include=*.py .", f"Search for {pattern}")

    survey = [
        say("I will have the order endpoints surveyed while I keep the cart in view.",
            call("Agent", description="Survey the order endpoints", subagent_type="general-purpose",
                 prompt="Survey the order endpoints: list every route and what it does when the input is wrong.")),
    ] if agent else [say("I will survey the order endpoints myself.", bash("grep -n 'def ' shop/app.py shop/orders.py", "List the handlers"))]
    return [
        ("Some totals are one cent too low, e.g. two mugs at 10.05 with 10% off. Find out why.", [
            say(["Rounding, most likely: int() truncates. Look at the code before guessing."],
                "I will look at how a total is computed.", bash("ls -R shop tests | grep -v pycache", "List the project")),
            say("The pricing and the cart are what matters here.", read("shop/pricing.py"), read("shop/cart.py")),
            say("`total()` truncates with int(). Let me reproduce the reported cart.",
                bash("python3 -c \"from shop.cart import Cart; c=Cart(); c.add('mug',1005,2,.1); print(c.total())\"", "Reproduce the reported cart")),
            say("Reproduced: 2152 where 2152.71 should round to 2153. The cause is int() in Cart.total, which cuts off the fraction."),
        ]),
        ("Fix it, with a test first.", [
            say("A failing test first.", read("tests/test_cart.py")),
            say(edit("tests/test_cart.py", "        self.assertEqual(cart.total(), 1190)\n",
                     "        self.assertEqual(cart.total(), 1190)\n\n    def test_rounds_half_up(self):\n        cart = Cart()\n        cart.add(\"mug\", 1005, 2, 0.1)\n        self.assertEqual(cart.total(), 2153)\n")),
            say("It has to fail now.", bash(RUN, "Run the tests")),
            say(["Decimal with ROUND_HALF_UP; floats are the wrong tool for money."], "It fails as expected. Money belongs in Decimal.",
                write("shop/pricing.py", '"""Prices in cents, computed in Decimal and rounded once."""\n\nfrom decimal import ROUND_HALF_UP, Decimal\n\nVAT = Decimal("0.19")\n\n\ndef line_total(price, quantity, discount=0):\n    return Decimal(price) * quantity * (1 - Decimal(str(discount)))\n\n\ndef with_vat(net):\n    return net * (1 + VAT)\n\n\ndef cents(amount):\n    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))\n')),
            say(edit("shop/cart.py", "line_total, with_vat\n", "cents, line_total, with_vat\n"), edit("shop/cart.py", "int(with_vat(net))", "cents(with_vat(net))")),
            say(bash(RUN, "Run the tests again")),
            say("Both tests pass. Totals are now computed in Decimal and rounded once, half up, at the end."),
        ]),
        ("Checkout answers 500 when the cart is empty. Where does that come from?", [
            say("I will look for every place that takes the first line of a cart.", find("lines")),
            say("orders.place reads the first line without asking whether there is one.", read("shop/orders.py"), read("shop/app.py")),
            say(bash("python3 -c \"from shop.app import post_order; print(post_order({'customer':'ada','lines':[]}))\" 2>&1 | tail -1", "Reproduce the empty cart")),
            say("An IndexError from `cart.lines[0]` in orders.place: the empty cart is never checked, so the server answers 500 instead of 422."),
        ]),
        ("Answer 422 with a sentence instead.", [
            say(["The check belongs in the route, the exception in the domain. Keep it small."],
                edit("shop/orders.py", "ORDERS = {}\n", "ORDERS = {}\n\n\nclass EmptyCartError(ValueError):\n    \"\"\"An order needs at least one line.\"\"\"\n"),
                ),
            say(edit("shop/orders.py", "    number = next(_next)\n    first", "    if not cart.lines:\n        raise EmptyCartError(\"an order needs at least one line\")\n    number = next(_next)\n    first")),
            say("Now the route turns that into an answer.", edit("shop/app.py", "    return 201, {\"order\": orders.place(cart, body[\"customer\"])}\n",
                "    try:\n        return 201, {\"order\": orders.place(cart, body[\"customer\"])}\n    except orders.EmptyCartError as error:\n        return 422, {\"error\": str(error)}\n")),
            say("A test that goes through the route.", write("tests/test_orders.py", "import unittest\n\nfrom shop.app import post_order\n\n\nclass OrderTest(unittest.TestCase):\n    def test_empty_cart(self):\n        status, body = post_order({\"customer\": \"ada\", \"lines\": []})\n        self.assertEqual(status, 422)\n        self.assertIn(\"at least one line\", body[\"error\"])\n")),
            say(bash(RUN, "Run all tests")),
            say("Three tests pass; an empty cart is now answered with 422 and the sentence 'an order needs at least one line'."),
        ]),
        ("What else is wrong with the order endpoints? Have a look around.", [
            *survey,
            say("The survey names two more: an unknown order number, and a retry that orders twice. I will check both.",
                bash("python3 -c \"from shop.app import get_order; get_order(99)\" 2>&1 | tail -1", "Ask for an unknown order"),
                bash("python3 -c \"from shop.app import post_order as p; b={'customer':'ada','lines':[dict(sku='mug',price=1000)]}; print(p(b),p(b))\"", "Send the same order twice"),
                find("ORDERS")),
            say(["Both confirmed. 404 is trivial; idempotency needs a key."],
                "Confirmed: GET of an unknown order raises KeyError (500), and a client that retries a POST gets two orders. The second one costs money, so I would take it first."),
        ]),
        ("Do the retry one. Use an Idempotency-Key header.", [
            say("The handlers take only a body so far; the key has to come in beside it.", read("shop/app.py"), read("shop/orders.py")),
            say(edit("shop/app.py", "def post_order(body):\n", "def post_order(body, headers=None):\n    key = (headers or {}).get(\"Idempotency-Key\")\n")),
            say(edit("shop/app.py", "orders.place(cart, body[\"customer\"])", "orders.place(cart, body[\"customer\"], key)")),
            say(edit("shop/orders.py", "def place(cart, customer):\n", "def place(cart, customer, key=None):\n    if key is not None and key in KEYS:\n        return KEYS[key]\n"),
                edit("shop/orders.py", "ORDERS = {}\n", "ORDERS = {}\nKEYS = {}\n"),
                edit("shop/orders.py", "    return number\n", "    if key is not None:\n        KEYS[key] = number\n    return number\n")),
            say("Now a test for the retry.", read("tests/test_orders.py")),
            say(edit("tests/test_orders.py", "        self.assertIn(\"at least one line\", body[\"error\"])\n", "        self.assertIn(\"at least one line\", body[\"error\"])\n\n    def test_retry(self):\n        body = {\"customer\": \"ada\", \"lines\": [{\"sku\": \"mug\", \"price\": 1000}]}\n        key = {\"Idempotency-Key\": \"k-1\"}\n        self.assertEqual(post_order(body, key), post_order(body, key))\n")),
            say(bash(RUN, "Run the tests for the retry")),
            say("Four tests pass: the same key gets the same order number. Without a key nothing changes for existing clients."),
        ]),
        ("Two requests with the same key at the same moment?", [
            say(["check-then-set: a race under threads. A lock around both."],
                "That is a race: the key is looked up and stored in two steps. I will show it.",
                bash("python3 -c \"import inspect, shop.orders as o; print(inspect.getsource(o.place))\"", "Show place()")),
            say("A lock around the whole of place() is enough for a single process.", edit("shop/orders.py", "import itertools\n", "import itertools\nimport threading\n")),
            say(edit("shop/orders.py", "KEYS = {}\n", "KEYS = {}\n_lock = threading.Lock()\n"),
                edit("shop/orders.py", "def place(cart, customer, key=None):\n", "def place(cart, customer, key=None):\n    with _lock:\n        return _place(cart, customer, key)\n\n\ndef _place(cart, customer, key):\n")),
            say(bash("python3 - <<'X'\nimport threading\nfrom shop.app import post_order\nb={'customer':'ada','lines':[dict(sku='mug',price=1)]}\nr=[]\nt=[threading.Thread(target=lambda: r.append(post_order(b,{'Idempotency-Key':'z'})[1]['order'])) for _ in range(20)]\n[x.start() for x in t]; [x.join() for x in t]\nprint(len(set(r)),'order from',len(r),'requests')\nX", "Twenty requests at once")),
            say("One order from twenty requests at once. With several processes the key has to live in the database; I have noted that for later."),
        ]),
        ("Now the 404 for unknown orders.", [
            say(read("shop/app.py")),
            say(edit("shop/app.py", "    return 200, orders.ORDERS[number]\n", "    if number not in orders.ORDERS:\n        return 404, {\"error\": f\"there is no order {number}\"}\n    return 200, orders.ORDERS[number]\n")),
            say(bash("python3 -c \"from shop.app import get_order; print(get_order(99))\"", "Ask for an unknown order again"), bash(RUN, "Run the tests after the 404")),
            say("An unknown order now answers 404 with 'there is no order 99'."),
        ]),
        ("Marketing wants coupons: 5% off the whole cart, never together with a line discount.", [
            say(["Where to put it: Cart.total with a coupon attribute. Rule: lines with a discount are exempt."],
                "The rule I read out of that: a coupon takes 5% off every line that has no discount of its own.", read("shop/cart.py")),
            say(edit("shop/cart.py", "        self.lines = []\n", "        self.lines = []\n        self.coupon = 0\n")),
            say(edit("shop/cart.py", "line_total(p, q, d) for", "line_total(p, q, d or self.coupon) for")),
            say(edit("tests/test_cart.py", "    def test_rounds_half_up(self):\n", "    def test_coupon(self):\n        cart = Cart()\n        cart.coupon = 0.05\n        cart.add(\"mug\", 1000)\n        cart.add(\"tea\", 1000, discount=0.5)\n        self.assertEqual(cart.total(), 1726)\n\n    def test_rounds_half_up(self):\n")),
            say(bash(RUN, "Run the tests with the coupon")),
            say("The coupon is in: 5% on lines without a discount of their own, tested with a mixed cart (17.26)."),
        ]),
        ("Let the API take the coupon too, and list what is still open.", [
            say("The coupon comes in with the body.", edit("shop/app.py", "    cart = Cart()\n", "    cart = Cart()\n    cart.coupon = body.get(\"coupon\", 0)\n")),
            say(bash("python3 -c \"from shop.app import *; s,b=post_order({'customer':'ada','coupon':.05,'lines':[dict(sku='mug',price=1000)]}); print(get_order(b['order']))\"", "Order with a coupon"),
                find("coupon"), bash("cat README.md", "Look at the README")),
            say(edit("shop/cart.py", "        self.coupon = 0\n", "        self.coupon = 0  # share of the price, 0.05 is 5%\n")),
            say(bash(RUN, "Run everything once more")),
            say("Done. Still open: keys live in one process only, a coupon is not validated (a body can say 1.0), and orders are lost at a restart. I would validate the coupon next."),
        ]),
        ("Validate it: only 5% is allowed.", [
            say(edit("shop/app.py", "    cart.coupon = body.get(\"coupon\", 0)\n", "    cart.coupon = body.get(\"coupon\", 0)\n    if cart.coupon not in (0, 0.05):\n        return 422, {\"error\": \"this coupon is not valid\"}\n")),
            say(bash("python3 -c \"from shop.app import post_order; print(post_order({'customer':'ada','coupon':1.0,'lines':[]}))\"", "Try a coupon of 100%")),
            say("A coupon other than 5% is answered with 422, 'this coupon is not valid'."),
        ]),
        ("Write the changelog entry and stop there.", [
            say(write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n- Totals are rounded half up, once.\n- An empty cart is answered with 422, an unknown order with 404.\n- POST /orders takes an Idempotency-Key.\n- Coupons: 5% on lines without a discount.\n")),
            say(bash("head -3 CHANGELOG.md", "Check the file")),
            say("The changelog has its entry; nothing else was touched."),
        ]),
    ]


SURVEYOR = [
    say("I read both files first.", read("shop/app.py"), read("shop/orders.py")),
    say("Survey: POST /orders checks an empty cart (422) but accepts the same order twice; GET /orders/<n> raises KeyError for an unknown number; nothing validates prices."),
]
WRONG_WAY = ("Actually, move all orders into a pickle file.", [
    say("I will write ORDERS to a pickle on every order.", bash("python3 -c \"import pickle; print(pickle.HIGHEST_PROTOCOL)\"", "Look at pickle")),
    say("A pickle of ORDERS would work, but any process that can write the file could then run code in the shop."),
])
SUMMARIES = [
    "<analysis>Rounding, empty carts and retries were dealt with.</analysis>\n<summary>\n1. Primary request: fix wrong totals in shop-api, then the order endpoints.\n2. Done: totals in Decimal, rounded half up once (shop/pricing.py, shop/cart.py); an empty cart is answered with 422; tests in tests/test_cart.py and tests/test_orders.py.\n3. Open: retries create two orders; an unknown order answers 500.\n</summary>",
    "<analysis>Idempotency and 404 were added after that.</analysis>\n<summary>\n1. Primary request: make the order endpoints of shop-api robust.\n2. Done: Idempotency-Key with a lock in shop/orders.py; 404 for unknown orders.\n3. Open: coupons, 5% on lines without a discount.\n</summary>",
]
