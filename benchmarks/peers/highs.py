"""HiGHS, as it comes with OR-Tools: one mixed-integer program of everything.

OR-Tools hands it no number of threads; its branch and bound runs on one.
"""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from benchmarks.peers.cpsat import NO_LEAST, WholeDay
from scheduler.board import Board
from scheduler.domain import Plan
from scheduler.instance import Instance
from scheduler.table import Table

LATE = 1.0
"""Seconds by which HiGHS, which looks at the clock between its steps, is late."""


def plan(instance: Instance, seconds: float, workers: int) -> Plan:
    """The same model as CP-SAT's, with real numbers where those are large and follow."""
    stop = perf_counter() + seconds
    day = WholeDay(Board(Table(instance)))
    model = mathopt.Model.from_model_proto(_model(day))
    left = stop - LATE - day.closing - perf_counter()
    if left > 0:
        parameters = mathopt.SolveParameters(
            time_limit=timedelta(seconds=left), relative_gap_tolerance=0.0
        )
        result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
        if result.has_primal_feasible_solution():
            day.place(np.rint(result.variable_values(list(model.variables()))).astype(np.int64))
    return day.board.plan()


def _model(day: WholeDay) -> model_pb2.ModelProto:
    """The rows as MathOpt has them; every large number is measured in its unit."""
    proto = model_pb2.ModelProto()
    unit = np.array(day.unit, dtype=np.float64)
    variables = proto.variables
    variables.ids.extend(range(len(unit)))
    variables.lower_bounds.extend([0.0] * len(unit))
    variables.upper_bounds.extend((np.array(day.most) / unit).tolist())
    variables.integers.extend((unit == 1).tolist())
    priced = np.flatnonzero(day.price)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(np.array(day.price, float)[priced].tolist())
    rows, matrix = proto.linear_constraints, proto.linear_constraint_matrix
    for number, row in enumerate(day.rows):
        order = np.argsort(row.variables)
        columns = np.array(row.variables)[order]
        factors = np.array(row.factors)[order] * unit[columns]
        size = np.abs(factors).max()
        rows.ids.append(number)
        rows.lower_bounds.append(-np.inf if row.least == NO_LEAST else row.least / size)
        rows.upper_bounds.append(row.most / size)
        present = factors != 0
        matrix.row_ids.extend([number] * int(present.sum()))
        matrix.column_ids.extend(columns[present].tolist())
        matrix.coefficients.extend((factors / size)[present].tolist())
    return proto
