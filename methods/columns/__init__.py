"""Columns: a cohort as one row of columns a case, for trees and linear models; fitted on train alone."""

from methods.columns.frame import TEXT_CHOICES, Columns, fit_columns
from methods.columns.matrix import Matrix, fit_matrix

__all__ = ["TEXT_CHOICES", "Columns", "Matrix", "fit_columns", "fit_matrix"]
