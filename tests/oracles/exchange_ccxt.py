"""Drives the local exchange with ccxt: REST, and streams through ccxt.pro.

Argument: the address, such as 127.0.0.1:8500. Prints a line for each thing that holds; the first that does not ends it.
"""

import asyncio
import sys

import ccxt
import ccxt.pro

ADDRESS = sys.argv[1]
PRODUCTS = [("spot", "BTC/USDT"), ("swap", "BTC/USDT:USDT")]


def check(name, holds, seen=None):
    if not holds:
        print(f"FAILED {name}: {seen!r}", flush=True)
        sys.exit(1)
    print(f"ok {name}", flush=True)


def pointed(exchange):
    """Lets every address that these tests use be the local one."""
    api = exchange.urls["api"]
    for name in list(api):
        if not isinstance(api[name], str):
            continue
        for host in ["https://api.binance.com", "https://fapi.binance.com"]:
            api[name] = api[name].replace(host, f"http://{ADDRESS}")
    if "ws" in api:
        api["ws"]["spot"] = f"ws://{ADDRESS}/stream.binance.com/ws"
        api["ws"]["linear"] = f"ws://{ADDRESS}/fapi/ws"
        api["ws"]["ws-api"] = {"spot": f"ws://{ADDRESS}/ws-api/v3", "linear": f"ws://{ADDRESS}/ws-fapi/v1"}
    exchange.has["fetchCurrencies"] = False
    # Which table of codes it looks a refusal up in, it tells by the address.
    table_of = exchange.get_exceptions_by_url
    real = {f"http://{ADDRESS}/api/": "https://api.binance.com/api/", f"http://{ADDRESS}/fapi/": "https://fapi.binance.com/fapi/"}

    def by_real_address(url, part):
        for local, there in real.items():
            url = url.replace(local, there)
        return table_of(url, part)

    exchange.get_exceptions_by_url = by_real_address
    return exchange


def options(kind, secret="alice-secret", key="alice-key"):
    return {
        "apiKey": key,
        "secret": secret,
        "options": {
            "defaultType": kind,
            "fetchMarkets": {"types": ["spot", "linear"]},
            "fetchCurrencies": False,
            "fetchMargins": False,
        },
    }


def refused(kind, call):
    """Whether a call raises this kind of error and no other."""
    try:
        call()
    except kind:
        return True
    except Exception as other:  # noqa: BLE001 - any other kind is the finding
        return type(other).__name__ + ": " + str(other)
    return "nothing was raised"


def rest(kind, symbol):
    name = f"ccxt {kind}"
    exchange = pointed(ccxt.binance(options(kind)))
    markets = exchange.load_markets()
    market = exchange.market(symbol)
    check(f"{name} markets", symbol in markets and market["active"], list(markets))
    check(f"{name} precision and limits", market["precision"]["price"] and market["limits"]["cost"]["min"] == 5, market)
    book = exchange.fetch_order_book(symbol, 10)
    bid, ask = book["bids"][0][0], book["asks"][0][0]
    check(f"{name} book", len(book["bids"]) == 10 and bid < ask, book)
    check(f"{name} ticker", exchange.fetch_ticker(symbol)["last"] > 0)
    check(f"{name} trades", isinstance(exchange.fetch_trades(symbol, limit=5), list))
    check(f"{name} candles", isinstance(exchange.fetch_ohlcv(symbol, "1m", limit=5), list))

    before = exchange.fetch_balance()
    check(f"{name} balance", before["USDT"]["total"] > 0, before.get("USDT"))
    far = exchange.price_to_precision(symbol, bid * 0.97)
    placed = exchange.create_order(symbol, "limit", "buy", 0.01, float(far), {"newClientOrderId": f"c-{kind}-1"})
    check(f"{name} limit order", placed["status"] == "open", placed)
    fetched = exchange.fetch_order(placed["id"], symbol)
    check(f"{name} order", fetched["clientOrderId"] == f"c-{kind}-1" and fetched["filled"] == 0, fetched)
    check(f"{name} open orders", [o["id"] for o in exchange.fetch_open_orders(symbol)] == [placed["id"]])
    check(f"{name} locked", exchange.fetch_balance()["USDT"]["used"] > before["USDT"]["used"])
    canceled = exchange.cancel_order(placed["id"], symbol)
    check(f"{name} cancel", canceled["status"] == "canceled", canceled)
    check(f"{name} no open orders", exchange.fetch_open_orders(symbol) == [])
    bought = exchange.create_order(symbol, "market", "buy", 0.02)
    bought = exchange.fetch_order(bought["id"], symbol)
    check(f"{name} market order", bought["status"] == "closed" and bought["filled"] == 0.02, bought)
    mine = [t for t in exchange.fetch_my_trades(symbol) if t["order"] == bought["id"]]
    filled = sum(round(t["amount"] * 1e5) for t in mine)
    check(f"{name} my trades", filled == 2000 and all(t["takerOrMaker"] == "taker" for t in mine), mine)
    check(f"{name} all orders", bought["id"] in [o["id"] for o in exchange.fetch_orders(symbol)])
    refusals(name, exchange, kind, symbol, bid)
    if kind == "swap":
        futures(name, exchange, symbol)
    else:
        replaced(name, exchange, symbol, bid)


def refusals(name, exchange, kind, symbol, bid):
    far = float(exchange.price_to_precision(symbol, bid * 0.97))
    call = refused(ccxt.AuthenticationError, lambda: pointed(ccxt.binance(options(kind, secret="wrong"))).fetch_balance())
    check(f"{name} wrong signature", call is True, call)
    call = refused(ccxt.AuthenticationError, lambda: pointed(ccxt.binance(options(kind, key="nobody"))).fetch_balance())
    check(f"{name} unknown key", call is True, call)
    unknown = {"symbol": "NOSUCH", "side": "BUY", "type": "MARKET", "quantity": "1"}
    post = exchange.privatePostOrder if kind == "spot" else exchange.fapiPrivatePostOrder
    call = refused(ccxt.BadSymbol, lambda: post(unknown))
    check(f"{name} unknown symbol", call is True, call)
    call = refused(ccxt.OrderNotFound, lambda: exchange.cancel_order("999999999", symbol))
    check(f"{name} unknown order", call is True, call)
    call = refused(ccxt.InsufficientFunds, lambda: exchange.create_order(symbol, "limit", "buy", 900, far))
    check(f"{name} no funds", call is True, call)
    crossing = float(exchange.price_to_precision(symbol, bid * 1.03))
    kind_of = ccxt.OrderImmediatelyFillable if kind == "spot" else ccxt.OrderNotFillable
    call = refused(kind_of, lambda: exchange.create_order(symbol, "limit", "buy", 0.01, crossing, {"postOnly": True}))
    check(f"{name} post-only would take", call is True, call)


def replaced(name, exchange, symbol, bid):
    price = lambda share: float(exchange.price_to_precision(symbol, bid * share))  # noqa: E731
    placed = exchange.create_order(symbol, "limit", "buy", 0.01, price(0.97))
    edited = exchange.edit_order(placed["id"], symbol, "limit", "buy", 0.012, price(0.96))
    check(f"{name} cancel and replace", edited["id"] != placed["id"] and edited["amount"] == 0.012, edited)
    exchange.cancel_all_orders(symbol)
    check(f"{name} cancel all", exchange.fetch_open_orders(symbol) == [])


def futures(name, exchange, symbol):
    positions = exchange.fetch_positions([symbol])
    check(f"{name} position", len(positions) == 1 and positions[0]["contracts"] == 0.02, positions)
    check(f"{name} leverage", exchange.set_leverage(10, symbol)["leverage"] in ("10", 10))
    book = exchange.fetch_order_book(symbol, 5)
    low = float(exchange.price_to_precision(symbol, book["bids"][0][0] * 0.98))
    lower = float(exchange.price_to_precision(symbol, book["bids"][0][0] * 0.97))
    placed = exchange.create_order(symbol, "limit", "buy", 0.01, low)
    amended = exchange.edit_order(placed["id"], symbol, "limit", "buy", 0.011, lower)
    check(f"{name} amend", amended["id"] == placed["id"] and amended["price"] == lower, amended)
    exchange.cancel_all_orders(symbol)
    check(f"{name} cancel all", exchange.fetch_open_orders(symbol) == [])
    exchange.create_order(symbol, "market", "sell", 0.02, None, {"reduceOnly": True})
    left = [p for p in exchange.fetch_positions([symbol]) if p["contracts"]]
    check(f"{name} reduce only", left == [], left)
    check(f"{name} funding rate", exchange.fetch_funding_rate(symbol)["fundingRate"] == 0.0001)


async def within(seconds, work):
    return await asyncio.wait_for(work, seconds)


async def streams(kind, symbol):
    name = f"ccxt.pro {kind}"
    exchange = pointed(ccxt.pro.binance(options(kind)))
    try:
        await exchange.load_markets()
        book = await within(20, exchange.watch_order_book(symbol))
        check(f"{name} book", book["bids"] and book["bids"][0][0] < book["asks"][0][0], book)
        for _ in range(5):
            book = await within(20, exchange.watch_order_book(symbol))
        check(f"{name} book goes on", book["bids"][0][0] < book["asks"][0][0], book)
        trades = await within(30, exchange.watch_trades(symbol))
        check(f"{name} trades", trades and trades[0]["price"] > 0, trades)
        ticker = await within(20, exchange.watch_ticker(symbol))
        check(f"{name} ticker", ticker["last"] > 0, ticker)
        bars = await within(60, exchange.watch_ohlcv(symbol, "1m"))
        check(f"{name} candles", bars and bars[-1][4] > 0, bars)
        await own_orders(name, exchange, symbol, book)
    finally:
        await exchange.close()


async def own_orders(name, exchange, symbol, book):
    watching = asyncio.ensure_future(exchange.watch_orders(symbol))
    await asyncio.sleep(1)
    far = float(exchange.price_to_precision(symbol, book["bids"][0][0] * 0.97))
    placed = await exchange.create_order(symbol, "limit", "buy", 0.01, far)
    orders = await within(20, watching)
    check(f"{name} own order", orders[-1]["id"] == placed["id"] and orders[-1]["status"] == "open", orders)
    watching = asyncio.ensure_future(exchange.watch_orders(symbol))
    await asyncio.sleep(0)
    await exchange.cancel_order(placed["id"], symbol)
    orders = await within(20, watching)
    check(f"{name} own cancel", orders[-1]["status"] == "canceled", orders)
    watching = asyncio.ensure_future(exchange.watch_my_trades(symbol))
    balance = asyncio.ensure_future(exchange.watch_balance())
    await asyncio.sleep(1)
    await exchange.create_order(symbol, "market", "buy", 0.01)
    trades = await within(20, watching)
    check(f"{name} own trade", trades[-1]["amount"] > 0 and trades[-1]["fee"]["cost"] > 0, trades)
    check(f"{name} own balance", (await within(20, balance))["USDT"]["total"] > 0)


for kind, symbol in PRODUCTS:
    rest(kind, symbol)
for kind, symbol in PRODUCTS:
    asyncio.run(streams(kind, symbol))
