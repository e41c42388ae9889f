import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from methods import scores

NAN = np.nan


def test_auc_and_auprc_of_a_case_worked_by_hand() -> None:
    y, p = np.array([1, 0, 1, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])
    assert scores.auc(y, p) == 0.75  # three of four pairs in order
    assert scores.auprc(y, p) == pytest.approx((1 + 2 / 3) / 2)


def test_unknown_outcomes_are_left_out() -> None:
    y, p = np.array([1, 0, 1, 0, NAN, NAN]), np.array([0.9, 0.8, 0.7, 0.1, 1.0, 0.0])
    for score in (scores.auc, scores.auprc, scores.negative_log_loss):
        assert score(y, p) == score(y[:4], p[:4])


def test_a_score_that_does_not_exist_is_nan_and_left_out_of_the_mean() -> None:
    y, p = np.array([[1, 0], [0, 0], [1, NAN]]), np.array([[0.9, 0.2], [0.1, 0.3], [0.8, 0.4]])
    assert np.isnan(scores.auc(y[:, 1], p[:, 1]))
    assert np.isnan(scores.auprc(y[:, 1], p[:, 1]))
    assert scores.macro(scores.auc, y, p) == 1
    assert np.isnan(scores.macro(scores.auc, y[:, 1:], p[:, 1:]))


def test_log_loss_is_negative_so_that_higher_is_better() -> None:
    assert scores.negative_log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(-np.log(2))
    assert scores.negative_log_loss(np.array([1.0]), np.array([0.9])) > scores.negative_log_loss(np.array([1.0]), np.array([0.6]))


def test_the_selection_score_is_the_mean_of_auc_and_auprc() -> None:
    rng = np.random.default_rng(0)
    y, p = (rng.random((80, 3)) < 0.3).astype(float), rng.random((80, 3))
    parts = [(roc_auc_score(y[:, t], p[:, t]) + average_precision_score(y[:, t], p[:, t])) / 2 for t in range(3)]
    assert scores.selection_score(y, p) == pytest.approx(np.mean(parts))
    assert scores.SELECTION["auc_auprc"](y, p) == scores.selection_score(y, p)


@pytest.mark.parametrize("name", sorted(scores.SELECTION))
def test_every_choice_prefers_the_better_prediction(name: str) -> None:
    y = np.array([[1.0, 0], [0, 1], [0, 0], [1, 1]])
    assert scores.SELECTION[name](y, 0.1 + 0.8 * y) > scores.SELECTION[name](y, 0.9 - 0.8 * y)
