"""Drives the local exchange with python-binance: REST, and the streams of spot and futures.

Argument: the address, such as 127.0.0.1:8500. Prints a line for each thing that holds; the first that does not ends it.
"""

import asyncio
import sys

from binance import AsyncClient, BinanceSocketManager
from binance.client import Client
from binance.exceptions import BinanceAPIException

ADDRESS = sys.argv[1]
SYMBOL = "BTCUSDT"


def check(name, holds, seen=None):
    if not holds:
        print(f"FAILED {name}: {seen!r}", flush=True)
        sys.exit(1)
    print(f"ok python-binance {name}", flush=True)


def point(of):
    """Lets the addresses of a class be the local ones, before anything is made of it."""
    of.API_URL = f"http://{ADDRESS}/api"
    of.FUTURES_URL = f"http://{ADDRESS}/fapi"
    of.WS_API_URL = f"ws://{ADDRESS}/ws-api/v3"
    of.WS_FUTURES_URL = f"ws://{ADDRESS}/ws-fapi/v1"


def code_of(call):
    try:
        call()
    except BinanceAPIException as fault:
        return fault.code
    return None


def spot():
    client = Client("bob-key", "bob-secret")
    info = client.get_symbol_info(SYMBOL)
    filters = {one["filterType"] for one in info["filters"]}
    needed = {"PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "NOTIONAL", "PERCENT_PRICE", "MAX_NUM_ORDERS"}
    check("filters", needed <= filters, filters)
    check("time", abs(client.get_server_time()["serverTime"]) > 10**12)
    book = client.get_order_book(symbol=SYMBOL, limit=5)
    bid = float(book["bids"][0][0])
    check("book", len(book["bids"]) == 5 and bid < float(book["asks"][0][0]), book)
    far = f"{bid * 0.97:.2f}"
    client.create_test_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price=far)
    check("test order", client.get_open_orders(symbol=SYMBOL) == [])
    placed = client.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=far)
    check("limit order", placed["status"] == "NEW" and placed["fills"] == [], placed)
    check("order", client.get_order(symbol=SYMBOL, orderId=placed["orderId"])["price"] == f"{far}000000")
    locked = client.get_asset_balance(asset="USDT")["locked"]
    check("locked", abs(float(locked) - float(far) * 0.01) < 1e-6, locked)
    check("cancel", client.cancel_order(symbol=SYMBOL, orderId=placed["orderId"])["status"] == "CANCELED")
    bought = client.order_market_buy(symbol=SYMBOL, quantity="0.02")
    check("market order", bought["status"] == "FILLED" and bought["fills"], bought)
    spent = client.order_market_buy(symbol=SYMBOL, quoteOrderQty="100")
    check("market order by money", 99 < float(spent["cummulativeQuoteQty"]) <= 100, spent)
    mine = [t for t in client.get_my_trades(symbol=SYMBOL) if t["orderId"] == bought["orderId"]]
    check("my trades", sum(round(float(t["qty"]) * 1e5) for t in mine) == 2000, mine)
    check("all orders", len(client.get_all_orders(symbol=SYMBOL)) == 3)
    refusals(client, far)


def refusals(client, far):
    wrong = Client("bob-key", "other-secret")
    check("wrong signature", code_of(wrong.get_account) == -1022)
    check("unknown key", code_of(Client("nobody", "x").get_account) == -2015)
    check("unknown symbol", code_of(lambda: client.get_order_book(symbol="NOSUCH")) == -1121)
    check("unknown order", code_of(lambda: client.get_order(symbol=SYMBOL, orderId=10**9)) == -2013)
    check("cancel of nothing", code_of(lambda: client.cancel_order(symbol=SYMBOL, orderId=10**9)) == -2011)
    limit = dict(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC")
    check("tick", code_of(lambda: client.create_order(**limit, quantity="0.01", price=far + "1")) == -1013)
    check("notional", code_of(lambda: client.create_order(**limit, quantity="0.00001", price=far)) == -1013)
    check("no funds", code_of(lambda: client.create_order(**limit, quantity="900", price=far)) == -2010)
    check("no price", code_of(lambda: client.create_order(**limit, quantity="1")) == -1102)


def futures():
    client = Client("bob-key", "bob-secret")
    names = [one["symbol"] for one in client.futures_exchange_info()["symbols"]]
    check("futures symbols", SYMBOL in names, names)
    bid = float(client.futures_order_book(symbol=SYMBOL, limit=5)["bids"][0][0])
    far = f"{bid * 0.97:.1f}"
    check("futures leverage", client.futures_change_leverage(symbol=SYMBOL, leverage=7)["leverage"] == 7)
    limit = dict(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price=far)
    placed = client.futures_create_order(**limit)
    check("futures limit order", placed["status"] == "NEW", placed)
    fetched = client.futures_get_order(symbol=SYMBOL, orderId=placed["orderId"])
    check("futures order", fetched["origQty"] == "0.010", fetched)
    check("futures open orders", len(client.futures_get_open_orders(symbol=SYMBOL)) == 1)
    check("futures cancel", client.futures_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])["status"] == "CANCELED")
    client.futures_create_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.02")
    held = client.futures_position_information(symbol=SYMBOL)
    check("futures position", held[0]["positionAmt"] == "-0.020", held)
    check("futures trades", client.futures_account_trades(symbol=SYMBOL)[-1]["side"] == "SELL")
    check("futures balance", float(client.futures_account_balance()[0]["availableBalance"]) > 0)
    account = client.futures_account()
    check("futures account", float(account["totalPositionInitialMargin"]) > 0, account)
    check("futures reduce only", code_of(lambda: client.futures_create_order(**{**limit, "side": "SELL"}, reduceOnly="true")) == -2022)
    client.futures_create_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.02", reduceOnly="true")
    check("futures funding", client.futures_mark_price(symbol=SYMBOL)["lastFundingRate"] == "0.00010000")
    check("futures countdown", client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=0)["symbol"] == SYMBOL)


async def until(stream, wanted):
    """The first message that is wanted, within half a minute."""
    async def look():
        while True:
            said = await stream.recv()
            said = said.get("data", said)
            if wanted(said):
                return said
    return await asyncio.wait_for(look(), 30)


async def streams():
    client = AsyncClient("bob-key", "bob-secret")
    manager = BinanceSocketManager(client)
    manager.STREAM_URL = f"ws://{ADDRESS}/"
    manager.FSTREAM_URL = f"ws://{ADDRESS}/fapi/"
    try:
        await market_streams(manager)
        await own_streams(client, manager)
    finally:
        await client.close_connection()


async def market_streams(manager):
    sockets = {
        "trade": (manager.trade_socket(SYMBOL), lambda m: m["e"] == "trade"),
        "aggregate": (manager.aggtrade_socket(SYMBOL), lambda m: m["e"] == "aggTrade"),
        "depth": (manager.depth_socket(SYMBOL, interval=100), lambda m: m["e"] == "depthUpdate" and m["U"] <= m["u"]),
        "depth of five": (manager.depth_socket(SYMBOL, depth="5"), lambda m: len(m["bids"]) == 5),
        "best prices": (manager.symbol_book_ticker_socket(SYMBOL), lambda m: float(m["b"]) < float(m["a"])),
        "candle": (manager.kline_socket(SYMBOL), lambda m: m["e"] == "kline" and m["k"]["i"] == "1m"),
        "futures aggregate": (manager.aggtrade_futures_socket(SYMBOL), lambda m: m["e"] == "aggTrade"),
        "futures mark price": (manager.symbol_mark_price_socket(SYMBOL), lambda m: m["e"] == "markPriceUpdate"),
    }
    for name, (socket, wanted) in sockets.items():
        async with socket as stream:
            check(f"stream {name}", await until(stream, wanted))


async def own_streams(client, manager):
    async with manager.user_socket() as stream:
        placed = await client.order_market_buy(symbol=SYMBOL, quantity="0.01")
        report = await until(stream, lambda m: m["e"] == "executionReport" and m["x"] == "TRADE")
        check("user stream trade", report["i"] == placed["orderId"], report)
        position = await until(stream, lambda m: m["e"] == "outboundAccountPosition")
        check("user stream balances", {one["a"] for one in position["B"]} == {"BTC", "USDT"}, position)
    async with manager.futures_user_socket() as stream:
        placed = await client.futures_create_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01")
        update = await until(stream, lambda m: m["e"] == "ACCOUNT_UPDATE")
        check("futures user stream position", update["a"]["P"][0]["s"] == SYMBOL, update)
        report = await until(stream, lambda m: m["e"] == "ORDER_TRADE_UPDATE" and m["o"]["X"] == "FILLED")
        check("futures user stream trade", report["o"]["i"] == placed["orderId"], report)


point(Client)
point(AsyncClient)
spot()
futures()
asyncio.run(streams())
