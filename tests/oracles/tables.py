"""Parquet tables of tapes, as pyarrow and pandas see them.

`tables.py read FILE` prints the types of the columns, then each row: as pyarrow has it, and as pandas has it.
`tables.py write FILE` writes a table as pandas users do: times of datetime64, doubles, decimals, texts.
`tables.py equal FILE.csv FILE.parquet` holds both against each other, cell by cell and each by the type of its column, prints the
types, and how many rows and cells were equal; it fails at the first cell that is not.
"""

import csv
import decimal
import sys

import pandas
import pyarrow
import pyarrow.parquet


def shown(value):
    if value is None or value is pandas.NaT or value != value:
        return "-"
    if isinstance(value, pandas.Timestamp):
        return f"{value.value} {value.tz}"
    return str(value)


def read(path):
    table = pyarrow.parquet.read_table(path)
    print(", ".join(f"{field.name}: {field.type}" for field in table.schema))
    columns = [column.to_pylist() for column in table.columns]
    for row in zip(*columns):
        print(" | ".join(shown(value) for value in row))
    frame = pandas.read_parquet(path)
    print(", ".join(f"{name}: {kind}" for name, kind in frame.dtypes.items()))


def write(path):
    frame = pandas.DataFrame(
        {
            "when": pandas.to_datetime([1_700_000_000_000_000_001, 1_700_000_000_000_000_002], unit="ns", utc=True),
            "px": [0.1 + 0.2, 61800.2],
            "size": [decimal.Decimal("1.250"), decimal.Decimal("12345678901234567.89")],
            "who": ["buy", "sell"],
        }
    )
    frame.to_parquet(path, index=False)


def same(cell, value, kind):
    if cell == "":
        return value is None
    if value is None:
        return False
    if pyarrow.types.is_timestamp(kind):
        return kind.unit == "ns" and kind.tz == "UTC" and int(cell) == value
    if pyarrow.types.is_decimal(kind):
        return decimal.Decimal(cell) == value
    if pyarrow.types.is_floating(kind):
        return float(cell) == value
    if pyarrow.types.is_integer(kind):
        return int(cell) == value
    return pyarrow.types.is_string(kind) and cell == value


def equal(text_path, path):
    with open(text_path, newline="") as file:
        head, *rows = csv.reader(file)
    table = pyarrow.parquet.read_table(path)
    assert table.column_names == head, f"{table.column_names} for {head}"
    assert table.num_rows == len(rows), f"{table.num_rows} rows for {len(rows)}"
    print(", ".join(f"{field.name}: {field.type}" for field in table.schema))
    for place, field in enumerate(table.schema):
        column = table.column(place)
        # Python's times have no nanoseconds.
        values = (column.cast(pyarrow.int64()) if pyarrow.types.is_timestamp(field.type) else column).to_pylist()
        for number, (row, value) in enumerate(zip(rows, values), 1):
            assert same(row[place], value, field.type), f"row {number}, {field.name}: {row[place]!r} and {value!r}"
    print(f"{len(rows)} rows, {len(rows) * len(head)} cells")


{"read": read, "write": write, "equal": equal}[sys.argv[1]](*sys.argv[2:])
