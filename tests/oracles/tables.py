"""Parquet tables of tapes, as pyarrow and pandas see them.

`tables.py read FILE` prints the types of the columns, then each row: as pyarrow has it, and as pandas has it.
`tables.py write FILE` writes a table as pandas users do: times of datetime64, doubles, decimals, texts.
"""

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


{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
